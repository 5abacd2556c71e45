package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.loss.WMse;
import io.gramian.reference.WMseReference;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** W-MSE with the permutations of the file. */
final class WMseRunner implements MethodRunner {
    @Override
    public boolean knows(GoldenCase golden) {
        return golden.method().equals("wmse")
                && Set.of("w_size", "w_iter", "w_eps", "norm", "num_views").containsAll(golden.params());
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        List<GoldenArray> views = golden.numbered("view", 0);
        int n = views.get(0).rows();
        int d = views.get(0).columns();
        int window = (int) golden.param("w_size");
        double[][] z = views.stream().map(GoldenArray::data).toArray(double[][]::new);
        int[] flat = golden.input("perms").asInts();
        int[][] permutations = new int[flat.length / n][];
        for (int k = 0; k < permutations.length; k++) {
            permutations[k] = Arrays.copyOfRange(flat, k * n, (k + 1) * n);
        }
        double eps = golden.param("w_eps");
        boolean normalize = golden.flag("norm");
        score.value(WMseReference.value(z, n, d, window, permutations, eps, normalize), golden.expected("loss"));
        double[][] gradients = WMseReference.gradient(z, n, d, window, permutations, eps, normalize);
        for (int v = 0; v < views.size(); v++) {
            score.gradient(gradients[v], golden.gradient("view" + v));
        }
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        List<GoldenArray> views = golden.numbered("view", 0);
        GoldenArray flat = golden.input("perms");
        Tensor permutations = Tensor.ofInts(device, flat.asInts(), flat.rows(), flat.columns());
        List<Tensor> gradients = GoldenCase.poisoned(device, views);
        WMse loss = new WMse(
                (int) golden.param("w_size"),
                (int) golden.param("w_iter"),
                (float) golden.param("w_eps"),
                golden.flag("norm"),
                0);
        double value = loss.valueAndGradient(GoldenCase.tensors(device, views), permutations, gradients);
        score.value(value, golden.expected("loss"));
        for (int v = 0; v < views.size(); v++) {
            score.gradient(GoldenArray.widen(gradients.get(v)), golden.gradient("view" + v));
        }
    }
}
