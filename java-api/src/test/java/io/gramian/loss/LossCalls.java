package io.gramian.loss;

import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.backend.WhiteningMethod;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Losses and memory for the tests of {@link LossCall}. */
final class LossCalls {
    private LossCalls() {}

    /** Every loss of two views; 16 images of 5 features suit all. */
    static Stream<MultiViewLoss> multiView() {
        return Stream.of(
                NtXent.defaults(),
                MultiViewNtXent.defaults(),
                InfoNce.defaults(),
                Dcl.defaults(),
                SpectralContrastive.defaults(),
                new UnsignedContrastive(0.5f, UnsignedContrastive.Similarity.SQUARE, false, false),
                new DirectClr(3, 0.1f, false),
                BarlowTwins.defaults(),
                VicReg.defaults(),
                VicRegExp.defaults(),
                VicRegCtr.defaults(),
                AlignmentUniformity.defaults(),
                new WMse(8, 1, 0, true, 0),
                new WMse(8, 1, 0, false, WhiteningMethod.iterative(5), true, 0),
                new LeJepa(0.5f, 8, 17, 3, 0, 0));
    }

    /** Shapes of {@link DenseCl.Maps}: d features everywhere, 40 rows in each queue. */
    static List<Shape> denseMaps(int n, int cells, int d) {
        Shape batch = Shape.of(n, d);
        Shape maps = Shape.of((long) n * cells, d);
        Shape queue = Shape.of(40, d);
        return List.of(batch, batch, maps, maps, maps, maps, queue, queue);
    }

    static float[] floats(long seed, int count) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    static FloatBuffer direct(int count) {
        return ByteBuffer.allocateDirect(4 * count)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    static long[] addresses(Tensor... tensors) {
        return Arrays.stream(tensors).mapToLong(Tensor::address).toArray();
    }
}
