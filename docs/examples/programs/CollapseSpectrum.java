import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.spectrum.Spectrum;
import java.util.Random;

/** What a collapsed embedding looks like: 32 features, of which 4 say something, beside 32 that all do. */
public class CollapseSpectrum {
    static final int IMAGES = 500;
    static final int FEATURES = 32;
    static final int SPANNED = 4;

    public static void main(String[] arguments) {
        Random random = new Random(2);
        float[] healthy = new float[IMAGES * FEATURES];
        for (int i = 0; i < healthy.length; i++) {
            healthy[i] = (float) random.nextGaussian();
        }
        float[] mixing = new float[SPANNED * FEATURES];
        for (int i = 0; i < mixing.length; i++) {
            mixing[i] = (float) random.nextGaussian();
        }
        float[] collapsed = new float[IMAGES * FEATURES];
        for (int image = 0; image < IMAGES; image++) {
            for (int feature = 0; feature < FEATURES; feature++) {
                for (int k = 0; k < SPANNED; k++) {
                    collapsed[image * FEATURES + feature] +=
                            healthy[image * FEATURES + k] * mixing[k * FEATURES + feature];
                }
            }
        }
        double full = print("healthy", healthy);
        double few = print("collapsed", collapsed);
        if (!(full > 30 && few < SPANNED + 0.01)) {
            throw new IllegalStateException("effective ranks " + full + " and " + few);
        }
    }

    static double print(String name, float[] embeddings) {
        try (Scope scope = Scope.open()) {
            Spectrum spectrum = Spectrum.of(Tensor.of(Device.cpu(), embeddings, IMAGES, FEATURES));
            double[] values = spectrum.singularValues();
            System.out.printf(
                    "%-9s effective rank %5.2f of %d, RankMe %5.2f, singular values %.1f ... %.1e%n",
                    name, spectrum.effectiveRank(), FEATURES, spectrum.rankMe(), values[0], values[values.length - 1]);
            return spectrum.effectiveRank();
        }
    }
}
