package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.models.backbone.SineCosinePositions;
import java.util.Set;

/** The fixed position embedding of MoCo v3's vision transformers: float64 numbers, and the tensor made of them on a device. */
final class PositionRunner implements MethodRunner {
    @Override
    public boolean knows(GoldenCase golden) {
        return golden.method().equals("vit_sincos_pos_embed")
                && Set.of("h", "w", "dim", "temperature").containsAll(golden.params());
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        score.values(
                positions(golden).values(), golden.expectedArray("pos_embed").data());
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        Tensor positions = positions(golden).tensor(device);
        score.values(
                GoldenArray.widen(positions), golden.expectedArray("pos_embed").data());
    }

    private static SineCosinePositions positions(GoldenCase golden) {
        return new SineCosinePositions(
                (int) golden.param("h"),
                (int) golden.param("w"),
                (int) golden.param("dim"),
                golden.param("temperature"),
                SineCosinePositions.Order.AUTHORS);
    }
}
