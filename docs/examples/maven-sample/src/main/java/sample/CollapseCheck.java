package sample;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.loss.NtXent;
import io.gramian.spectrum.Spectrum;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** The loss of two views, its gradient checked by a finite difference, and the spectrum of the embeddings. */
public final class CollapseCheck {
    private static final int IMAGES = 64;
    private static final int FEATURES = 16;

    private CollapseCheck() {}

    public static void main(String[] arguments) {
        float[] first = gaussian(1);
        float[] second = gaussian(2);
        try (Scope scope = Scope.open()) {
            NtXent loss = new NtXent(0.5f);
            Tensor za = Tensor.of(Device.cpu(), first, IMAGES, FEATURES);
            Tensor zb = Tensor.of(Device.cpu(), second, IMAGES, FEATURES);
            Tensor dza = Tensor.zeros(Device.cpu(), IMAGES, FEATURES);
            Tensor dzb = Tensor.zeros(Device.cpu(), IMAGES, FEATURES);
            double value = loss.valueAndGradient(List.of(za, zb), List.of(dza, dzb));
            float slope = dza.toFloats()[0];
            System.out.printf("loss %.6f, gradient of the first element %.3e%n", value, slope);

            float step = 1e-2f;
            double up = loss.value(List.of(moved(first, step), zb));
            double down = loss.value(List.of(moved(first, -step), zb));
            double difference = (up - down) / (2 * step);
            if (!(Math.abs(difference - slope) <= 1e-5)) {
                throw new IllegalStateException("finite difference " + difference + ", gradient " + slope);
            }

            Spectrum spectrum = Spectrum.of(za);
            System.out.println("singular values " + Arrays.toString(spectrum.singularValues()));
            System.out.printf("effective rank %.2f of %d%n", spectrum.effectiveRank(), FEATURES);
            if (!(spectrum.effectiveRank() > FEATURES / 2.0)) {
                throw new IllegalStateException("random embeddings should not be collapsed");
            }
        }
    }

    private static Tensor moved(float[] values, float step) {
        float[] copy = values.clone();
        copy[0] += step;
        return Tensor.of(Device.cpu(), copy, IMAGES, FEATURES);
    }

    private static float[] gaussian(long seed) {
        Random random = new Random(seed);
        float[] values = new float[IMAGES * FEATURES];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
