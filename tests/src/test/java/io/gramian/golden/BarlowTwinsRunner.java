package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.loss.BarlowTwins;
import io.gramian.loss.GramSide;
import io.gramian.reference.BarlowTwinsReference;
import java.util.List;
import java.util.Set;

/** Barlow Twins as its authors compute it, and solo-learn's scaled form, on both Gram sides. */
final class BarlowTwinsRunner implements MethodRunner {
    private static final Set<String> PARAMS = Set.of("lambd", "lamb", "scale_loss", "bn_eps", "variance");

    @Override
    public boolean knows(GoldenCase golden) {
        boolean mine = golden.method().equals("barlow_twins")
                || golden.method().equals("barlow_twins_solo")
                || (golden.method().equals("edge") && golden.name().startsWith("barlow_"));
        String variance = golden.root().path("params").path("variance").asText("biased");
        return mine && PARAMS.containsAll(golden.params()) && variance.equals("biased");
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        GoldenArray a = golden.input("z1");
        BarlowTwinsReference.Result result = BarlowTwinsReference.valueAndGradient(
                a.data(),
                golden.input("z2").data(),
                a.rows(),
                a.columns(),
                lambda(golden),
                golden.param("bn_eps", 1e-5),
                golden.param("scale_loss", 1));
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
                    side);
            score.value(loss.valueAndGradient(GoldenCase.tensors(device, views), gradients), golden.expected("loss"));
            score.gradient(GoldenArray.widen(gradients.get(0)), golden.gradient("z1"));
            score.gradient(GoldenArray.widen(gradients.get(1)), golden.gradient("z2"));
        }
    }

    private static double lambda(GoldenCase golden) {
        return golden.params().contains("lamb") ? golden.param("lamb") : golden.param("lambd");
    }
}
