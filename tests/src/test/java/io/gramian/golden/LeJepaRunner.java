package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.loss.LeJepa;
import io.gramian.reference.LeJepaReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** LeJEPA along the directions of the file; global and local views are stacked (views, n, d). */
final class LeJepaRunner implements MethodRunner {
    @Override
    public boolean knows(GoldenCase golden) {
        return golden.method().equals("lejepa_sigreg")
                && Set.of("lambda_param", "knots", "t_max").containsAll(golden.params());
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        List<GoldenArray> views = views(golden);
        GoldenArray directions = golden.input("directions");
        int globals = golden.input("global_proj").shape()[0];
        LeJepaReference.Settings settings = new LeJepaReference.Settings(
                golden.param("lambda_param"), (int) golden.param("knots"), golden.param("t_max"), globals);
        GoldenArray first = views.get(0);
        LeJepaReference.Result result = LeJepaReference.valueAndGradient(
                views.stream().map(GoldenArray::data).toArray(double[][]::new),
                first.rows(),
                first.columns(),
                directions.data(),
                directions.columns(),
                settings);
        score.value(result.loss(), golden.expected("loss"));
        score.value(result.sigReg(), golden.expected("sigreg"));
        score.value(result.invariance(), golden.expected("invariance"));
        compare(golden, globals, Arrays.asList(result.gradients()), score);
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        List<GoldenArray> views = views(golden);
        GoldenArray directions = golden.input("directions");
        int globals = golden.input("global_proj").shape()[0];
        LeJepa loss = new LeJepa(
                (float) golden.param("lambda_param"),
                directions.columns(),
                (int) golden.param("knots"),
                (float) golden.param("t_max"),
                globals,
                0);
        List<Tensor> gradients = GoldenCase.poisoned(device, views);
        LeJepa.Terms terms =
                loss.termsAndGradient(GoldenCase.tensors(device, views), directions.tensor(device), gradients);
        score.value(loss.total(terms), golden.expected("loss"));
        score.value(terms.sigReg(), golden.expected("sigreg"));
        score.value(terms.invariance(), golden.expected("invariance"));
        compare(golden, globals, gradients.stream().map(GoldenArray::widen).toList(), score);
    }

    private static void compare(GoldenCase golden, int globals, List<double[]> gradients, Score score) {
        score.gradient(joined(gradients.subList(0, globals)), golden.gradient("global_proj"));
        score.gradient(joined(gradients.subList(globals, gradients.size())), golden.gradient("local_proj"));
    }

    private static double[] joined(List<double[]> parts) {
        return parts.stream().flatMapToDouble(Arrays::stream).toArray();
    }

    private static List<GoldenArray> views(GoldenCase golden) {
        List<GoldenArray> views = new ArrayList<>();
        for (String name : List.of("global_proj", "local_proj")) {
            GoldenArray stack = golden.input(name);
            int[] shape = {stack.shape()[1], stack.shape()[2]};
            int size = shape[0] * shape[1];
            for (int v = 0; v < stack.shape()[0]; v++) {
                views.add(new GoldenArray(shape, Arrays.copyOfRange(stack.data(), v * size, (v + 1) * size)));
            }
        }
        return views;
    }
}
