package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.VicRegCtr;
import io.gramian.loss.VicRegExp;
import io.gramian.reference.VicRegExpReference;
import io.gramian.reference.VicRegReference;
import java.util.List;
import java.util.Set;

/** VICReg-exp and VICReg-ctr with the constants of VICReg's code. */
final class VicRegExpRunner implements MethodRunner {
    private static final float EPS = 1e-4f;

    @Override
    public boolean knows(GoldenCase golden) {
        boolean mine = golden.method().equals("vicreg_exp") || golden.method().equals("vicreg_ctr");
        return mine && Set.of("sim", "std", "cov", "temperature").containsAll(golden.params());
    }

    private static boolean ctr(GoldenCase golden) {
        return golden.method().equals("vicreg_ctr");
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        GoldenArray x = golden.input("x");
        double[] y = golden.input("y").data();
        VicRegReference.Settings settings = new VicRegReference.Settings(
                golden.param("sim"), golden.param("std"), golden.param("cov"), 1e-4, 1, 0.5);
        double temperature = golden.param("temperature");
        VicRegReference.Result result = ctr(golden)
                ? VicRegExpReference.ctr(x.data(), y, x.rows(), x.columns(), settings, temperature)
                : VicRegExpReference.exp(x.data(), y, x.rows(), x.columns(), settings, temperature);
        score.value(result.loss(), golden.expected("loss"));
        score.gradient(result.dx(), golden.gradient("x"));
        score.gradient(result.dy(), golden.gradient("y"));
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        List<GoldenArray> views = List.of(golden.input("x"), golden.input("y"));
        List<Tensor> gradients = GoldenCase.poisoned(device, views);
        score.value(
                loss(golden).valueAndGradient(GoldenCase.tensors(device, views), gradients), golden.expected("loss"));
        score.gradient(GoldenArray.widen(gradients.get(0)), golden.gradient("x"));
        score.gradient(GoldenArray.widen(gradients.get(1)), golden.gradient("y"));
    }

    private static MultiViewLoss loss(GoldenCase golden) {
        float invariance = (float) golden.param("sim");
        float variance = (float) golden.param("std");
        float covariance = (float) golden.param("cov");
        float temperature = (float) golden.param("temperature");
        return ctr(golden)
                ? new VicRegCtr(invariance, variance, covariance, EPS, 1, true, temperature)
                : new VicRegExp(invariance, variance, covariance, EPS, 1, true, temperature);
    }
}
