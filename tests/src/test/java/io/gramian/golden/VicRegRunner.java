package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.loss.GramSide;
import io.gramian.loss.VicReg;
import io.gramian.reference.VicRegReference;
import java.util.List;
import java.util.Set;

/** VICReg as its authors' code computes it (variance halved), on both Gram sides. */
final class VicRegRunner implements MethodRunner {
    @Override
    public boolean knows(GoldenCase golden) {
        boolean mine = golden.method().equals("vicreg")
                || (golden.method().equals("edge") && golden.name().startsWith("vicreg_"));
        return mine && Set.of("sim", "std", "cov", "eps", "gamma").containsAll(golden.params());
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        GoldenArray x = golden.input("x");
        VicRegReference.Settings settings = new VicRegReference.Settings(
                golden.param("sim"),
                golden.param("std"),
                golden.param("cov"),
                golden.param("eps", 1e-4),
                golden.param("gamma", 1),
                0.5);
        VicRegReference.Result result =
                VicRegReference.valueAndGradient(x.data(), golden.input("y").data(), x.rows(), x.columns(), settings);
        score.value(result.loss(), golden.expected("loss"));
        terms(golden, result.invariance(), result.variance(), result.covariance(), score);
        score.gradient(result.dx(), golden.gradient("x"));
        score.gradient(result.dy(), golden.gradient("y"));
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        List<GoldenArray> views = List.of(golden.input("x"), golden.input("y"));
        for (GramSide side : GramSide.values()) {
            List<Tensor> gradients = GoldenCase.poisoned(device, views);
            VicReg loss = new VicReg(
                    (float) golden.param("sim"),
                    (float) golden.param("std"),
                    (float) golden.param("cov"),
                    (float) golden.param("eps", 1e-4),
                    (float) golden.param("gamma", 1),
                    true,
                    side);
            VicReg.Terms terms = loss.termsAndGradient(GoldenCase.tensors(device, views), gradients);
            score.value(loss.total(terms), golden.expected("loss"));
            terms(golden, terms.invariance(), terms.variance(), terms.covariance(), score);
            score.gradient(GoldenArray.widen(gradients.get(0)), golden.gradient("x"));
            score.gradient(GoldenArray.widen(gradients.get(1)), golden.gradient("y"));
        }
    }

    private static void terms(GoldenCase golden, double invariance, double variance, double covariance, Score score) {
        if (golden.expects("invariance")) {
            score.value(invariance, golden.expected("invariance"));
            score.value(variance, (golden.expected("std_x") + golden.expected("std_y")) / 2);
            score.value(covariance, golden.expected("cov_x") + golden.expected("cov_y"));
        }
    }
}
