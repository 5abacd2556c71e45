import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.loss.BarlowTwins;
import io.gramian.loss.GramSide;
import java.util.List;
import java.util.Random;

/** Barlow Twins of 64 images and 1024 features, once on the Gram matrix of features and once on that of samples. */
public class BothSides {
    static final int IMAGES = 64;
    static final int FEATURES = 1024;

    public static void main(String[] arguments) {
        Device device = Device.best();
        Random random = new Random(1);
        float[] first = new float[IMAGES * FEATURES];
        float[] second = new float[IMAGES * FEATURES];
        for (int i = 0; i < first.length; i++) {
            first[i] = (float) random.nextGaussian();
            second[i] = first[i] + 0.3f * (float) random.nextGaussian();
        }
        try (Scope scope = Scope.open()) {
            Tensor za = Tensor.of(device, first, IMAGES, FEATURES);
            Tensor zb = Tensor.of(device, second, IMAGES, FEATURES);
            double features = loss(GramSide.FEATURES).value(List.of(za, zb));
            double samples = loss(GramSide.SAMPLES).value(List.of(za, zb));
            System.out.printf("1024 x 1024 Gram matrix: %.5f%n", features);
            System.out.printf("  64 x 64   Gram matrix: %.5f%n", samples);
            if (!(Math.abs(features - samples) <= 1e-4 * features)) {
                throw new IllegalStateException("the two sides differ");
            }
        }
    }

    static BarlowTwins loss(GramSide side) {
        return new BarlowTwins(0.0051f, 1e-5f, 1, side);
    }
}
