package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.loss.NtXent;
import io.gramian.reference.NtXentReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** SimCLR's NT-Xent on two views, or averaged over the pairs of several. */
final class NtXentRunner implements MethodRunner {
    @Override
    public boolean knows(GoldenCase golden) {
        boolean mine = golden.method().equals("simclr_ntxent")
                || golden.method().equals("simclr_multiview_pairs")
                || (golden.method().equals("edge") && golden.name().startsWith("simclr_"));
        return mine && Set.of("temperature", "num_views").containsAll(golden.params());
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        List<GoldenArray> views = views(golden);
        double temperature = golden.param("temperature");
        int n = views.get(0).rows();
        int d = views.get(0).columns();
        int pairs = views.size() * (views.size() - 1) / 2;
        double value = 0;
        double[][] gradients = new double[views.size()][n * d];
        for (int a = 0; a < views.size(); a++) {
            for (int b = a + 1; b < views.size(); b++) {
                double[] za = views.get(a).data();
                double[] zb = views.get(b).data();
                value += NtXentReference.value(za, zb, n, d, temperature) / pairs;
                double[][] pair = NtXentReference.gradient(za, zb, n, d, temperature);
                for (int i = 0; i < n * d; i++) {
                    gradients[a][i] += pair[0][i] / pairs;
                    gradients[b][i] += pair[1][i] / pairs;
                }
            }
        }
        score.value(value, golden.expected("loss"));
        compare(golden, views, Arrays.asList(gradients), score);
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        List<GoldenArray> views = views(golden);
        List<Tensor> gradients = GoldenCase.poisoned(device, views);
        NtXent loss = new NtXent((float) golden.param("temperature"));
        score.value(loss.valueAndGradient(GoldenCase.tensors(device, views), gradients), golden.expected("loss"));
        compare(golden, views, gradients.stream().map(GoldenArray::widen).toList(), score);
    }

    private static void compare(GoldenCase golden, List<GoldenArray> views, List<double[]> gradients, Score score) {
        List<String> names = names(golden);
        for (int v = 0; v < views.size(); v++) {
            if (golden.name().equals("simclr_zero_row")) {
                score.absolute(errorOutsideZeroRows(golden, names.get(v), views.get(v), gradients.get(v)));
            } else {
                score.gradient(gradients.get(v), golden.gradient(names.get(v)));
            }
        }
    }

    /** PyTorch divides the gradient of a zero row by 1e-12; ours is defined as 0 there, and must be. */
    private static double errorOutsideZeroRows(GoldenCase golden, String name, GoldenArray view, double[] gradient) {
        double[] expected = golden.gradient(name).data();
        int d = view.columns();
        double largest = 0;
        double error = 0;
        for (int i = 0; i < view.rows(); i++) {
            double[] row = Arrays.copyOfRange(view.data(), i * d, (i + 1) * d);
            boolean zero = Arrays.stream(row).allMatch(x -> x == 0);
            for (int k = i * d; k < (i + 1) * d; k++) {
                largest = Math.max(largest, zero ? 0 : Math.abs(expected[k]));
                error = Math.max(error, Math.abs(gradient[k] - (zero ? 0 : expected[k])));
            }
        }
        return error / largest;
    }

    private static List<GoldenArray> views(GoldenCase golden) {
        return names(golden).stream().map(golden::input).toList();
    }

    private static List<String> names(GoldenCase golden) {
        List<String> names = new ArrayList<>();
        for (String prefix : List.of("z", "view")) {
            for (int v = 0; v <= 16; v++) {
                if (golden.hasInput(prefix + v)) {
                    names.add(prefix + v);
                }
            }
        }
        return names;
    }
}
