package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.loss.BarlowTwins;
import io.gramian.loss.GramSide;
import io.gramian.loss.Standardization;
import io.gramian.reference.BarlowTwinsReference;
import java.util.List;
import java.util.Set;

/** Barlow Twins as its authors, solo-learn (scaled) and stable-pretraining (unbiased) compute it, on both Gram sides. */
final class BarlowTwinsRunner implements MethodRunner {
    private static final Set<String> PARAMS = Set.of("lambd", "lamb", "scale_loss", "bn_eps", "variance");

    @Override
    public boolean knows(GoldenCase golden) {
        boolean mine = golden.method().equals("barlow_twins")
                || golden.method().equals("barlow_twins_solo")
                || unbiased(golden)
                || (golden.method().equals("edge") && golden.name().startsWith("barlow_"));
        String variance = golden.root().path("params").path("variance").asText("biased");
        return mine && PARAMS.containsAll(golden.params()) && variance.equals("biased");
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        GoldenArray a = golden.input("z1");
        double[] b = golden.input("z2").data();
        double eps = golden.param("bn_eps", 1e-5);
        double scale = golden.param("scale_loss", 1);
        BarlowTwinsReference.Result result = unbiased(golden)
                ? BarlowTwinsReference.unbiased(a.data(), b, a.rows(), a.columns(), lambda(golden), eps, scale)
                : BarlowTwinsReference.valueAndGradient(a.data(), b, a.rows(), a.columns(), lambda(golden), eps, scale);
        score.value(result.loss(), golden.expected("loss"));
        score.gradient(result.da(), golden.gradient("z1"));
        score.gradient(result.db(), golden.gradient("z2"));
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        List<GoldenArray> views = List.of(golden.input("z1"), golden.input("z2"));
        for (GramSide side : GramSide.values()) {
            List<Tensor> gradients = GoldenCase.poisoned(device, views);
            BarlowTwins loss = new BarlowTwins(
                    (float) lambda(golden),
                    (float) golden.param("bn_eps", 1e-5),
                    (float) golden.param("scale_loss", 1),
                    unbiased(golden) ? Standardization.UNBIASED : Standardization.BATCH_NORM,
                    side);
            score.value(loss.valueAndGradient(GoldenCase.tensors(device, views), gradients), golden.expected("loss"));
            score.gradient(GoldenArray.widen(gradients.get(0)), golden.gradient("z1"));
            score.gradient(GoldenArray.widen(gradients.get(1)), golden.gradient("z2"));
        }
    }

    private static boolean unbiased(GoldenCase golden) {
        return golden.method().equals("barlow_twins_stable_pretraining");
    }

    private static double lambda(GoldenCase golden) {
        return golden.params().contains("lamb") ? golden.param("lamb") : golden.param("lambd");
    }
}
