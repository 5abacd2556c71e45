package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Contrastive;
import io.gramian.backend.Precision;
import io.gramian.backend.Stream;
import io.gramian.reference.DclReference;
import io.gramian.reference.LossAndGradients;
import io.gramian.reference.MultiViewNtXentReference;
import io.gramian.reference.SpectralContrastiveReference;
import io.gramian.reference.UnsignedContrastiveReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The relatives of NT-Xent of the CUDA sources on the SIMT executor: several views, DCL, cosines without sign, the spectral
 * loss. Against the float64 truth; bounds are twice the error of {@link NaiveContrast} of the same precision, and where
 * that is lucky, a part of the rounding of an operand.
 */
class SimtContrastiveFamilyTest {
    private final Device device = DeviceUnderTest.get();

    /** Writes gradients, unless the list is empty; returns the loss. */
    private interface Op {
        double run(Contrastive room, List<Tensor> views, List<Tensor> gradients);
    }

    private record Result(double value, double loss, List<float[]> dz) {}

    private Result run(Op op, Precision precision, long seed, double[][] z, int d) {
        try (Scope scope = Scope.open();
                Stream stream = DeviceUnderTest.stream(device, seed)) {
            stream.setPrecision(precision);
            Contrastive room = device.backend().contrastive(stream);
            List<Tensor> views = new ArrayList<>();
            List<Guarded> guarded = new ArrayList<>();
            for (double[] view : z) {
                views.add(Truth.tensor(device, view, view.length / d, d));
                guarded.add(Guarded.of(device, view.length / d, d));
            }
            double value = op.run(room, views, List.of());
            double loss =
                    op.run(room, views, guarded.stream().map(Guarded::tensor).toList());
            return new Result(value, loss, guarded.stream().map(Guarded::values).toList());
        }
    }

    private static double[][] views(int count, int n, int d, long seed) {
        double[][] z = new double[count][];
        z[0] = Truth.gaussian(seed, n * d);
        for (int v = 1; v < count; v++) {
            z[v] = Truth.gaussian(seed + v, n * d);
            for (int k = 0; k < n * d; k++) {
                z[v][k] = (float) (z[0][k] + 0.5 * z[v][k]);
            }
        }
        return z;
    }

    private static double rounding(Precision precision) {
        return switch (precision) {
            case FLOAT32 -> 2e-7;
            case TF32 -> 0x1p-12;
            case BFLOAT16 -> 0x1p-9;
        };
    }

    private void check(Op op, double[][] z, int d, LossAndGradients truth, double sharp, Naive naive) {
        for (Precision precision : Precision.values()) {
            Result first = run(op, precision, 1, z, d);
            NaiveContrast plain = naive.of(precision);
            double least = rounding(precision) * sharp;
            assertThat(first.loss())
                    .as("%s loss", precision)
                    .isCloseTo(
                            truth.loss(),
                            within(2 * Math.abs(plain.loss - truth.loss()) + least * (1 + Math.abs(truth.loss()))));
            assertThat(first.value()).as("%s value", precision).isEqualTo(first.loss());
            double[] all = Arrays.stream(truth.gradients())
                    .flatMapToDouble(Arrays::stream)
                    .toArray();
            double bound = 2 * Truth.error(plain.dz, all) + 2 * least;
            float[] dz = new float[all.length];
            for (int v = 0; v < z.length; v++) {
                System.arraycopy(first.dz().get(v), 0, dz, v * z[v].length, z[v].length);
            }
            assertThat(Truth.error(dz, all)).as("%s gradient", precision).isLessThanOrEqualTo(bound);
            Result again = run(op, precision, 2, z, d);
            assertThat(again.loss()).as("another schedule").isEqualTo(first.loss());
            for (int v = 0; v < z.length; v++) {
                assertThat(again.dz().get(v))
                        .as("another schedule")
                        .isEqualTo(first.dz().get(v));
            }
        }
    }

    private interface Naive {
        NaiveContrast of(Precision precision);
    }

    private static Op multiView(float temperature) {
        return (room, z, dz) -> room.multiViewNtXent(z, z.get(0).shape().size(1), temperature, dz)
                .value();
    }

    @ParameterizedTest
    @CsvSource({"2,33,31,0.1", "3,43,65,0.2", "4,65,33,0.5", "5,2,3,0.2", "3,129,64,0.1"})
    void severalViews(int count, int n, int d, float temperature) {
        double[][] z = views(count, n, d, 3);
        LossAndGradients truth = MultiViewNtXentReference.valueAndGradients(z, n, d, temperature);
        check(
                multiView(temperature),
                z,
                d,
                truth,
                1 + 0.1 / temperature,
                p -> new NaiveContrast(z, d, true, 1, p, NaiveCriteria.ntXent(n, temperature)));
    }

    private static Op dcl(float temperature, float sigma, boolean authors) {
        return (room, z, dz) -> room.dcl(
                        z.get(0),
                        z.get(1),
                        temperature,
                        sigma,
                        authors,
                        dz.isEmpty() ? null : dz.get(0),
                        dz.isEmpty() ? null : dz.get(1))
                .value();
    }

    @ParameterizedTest
    @CsvSource({
        "2,3,0.5,0,false",
        "31,33,0.1,0,false",
        "65,130,0.2,0.5,false",
        "129,31,0.07,0.5,false",
        "2,3,1,0,true",
        "33,31,2,0,true",
        "65,16,4,3,true"
    })
    void decoupled(int n, int d, float temperature, float sigma, boolean authors) {
        double[][] z = views(2, n, d, 5);
        LossAndGradients truth = DclReference.valueAndGradients(z[0], z[1], n, d, temperature, sigma, authors);
        double sharp = authors ? d / temperature : 1 + 0.1 / temperature;
        check(
                dcl(temperature, sigma, authors),
                z,
                d,
                truth,
                sharp,
                p -> new NaiveContrast(
                        z,
                        d,
                        !authors,
                        authors ? Double.POSITIVE_INFINITY : 1,
                        p,
                        NaiveCriteria.dcl(n, temperature, sigma, authors)));
    }

    private static Op unsigned(UnsignedContrastiveReference.Settings settings) {
        return (room, z, dz) -> room.unsigned(
                        z.get(0),
                        z.get(1),
                        (float) settings.temperature(),
                        settings.square(),
                        settings.replaced(),
                        !settings.decoupled(),
                        dz.isEmpty() ? null : dz.get(0),
                        dz.isEmpty() ? null : dz.get(1))
                .value();
    }

    @ParameterizedTest
    @CsvSource({
        "2,3,0.5,true,false,false",
        "33,31,0.15,true,false,true",
        "65,65,0.2,true,true,false",
        "31,130,0.1,true,true,true",
        "129,33,0.15,false,false,false",
        "33,64,0.2,false,false,true",
        "64,31,0.1,false,true,false",
        "3,2,0.5,false,true,true"
    })
    void withoutSign(int n, int d, float temperature, boolean square, boolean decoupled, boolean replaced) {
        double[][] z = views(2, n, d, 7);
        UnsignedContrastiveReference.Settings settings =
                new UnsignedContrastiveReference.Settings(temperature, square, decoupled, replaced);
        LossAndGradients truth = UnsignedContrastiveReference.valueAndGradients(z[0], z[1], n, d, settings);
        check(
                unsigned(settings),
                z,
                d,
                truth,
                1 + 0.1 / temperature,
                p -> new NaiveContrast(z, d, true, 1, p, NaiveCriteria.unsigned(n, settings)));
    }

    private static Op spectral(float mu, boolean onSamples) {
        return (room, z, dz) -> room.spectral(
                        z.get(0),
                        z.get(1),
                        mu,
                        onSamples,
                        dz.isEmpty() ? null : dz.get(0),
                        dz.isEmpty() ? null : dz.get(1))
                .value();
    }

    @ParameterizedTest
    @CsvSource({"2,3,1", "31,33,10", "129,31,1", "65,130,100", "257,64,30"})
    void spectralOnBothSides(int n, int d, float mu) {
        double[][] z = views(2, n, d, 9);
        LossAndGradients truth = SpectralContrastiveReference.valueAndGradients(z[0], z[1], n, d, mu);
        // of the samples nothing is subtracted; of the features the pairs, up to d / n of all
        double subtracted = 1 + (double) d / n;
        for (boolean onSamples : new boolean[] {true, false}) {
            check(
                    spectral(mu, onSamples),
                    z,
                    d,
                    truth,
                    onSamples ? 1 : 2 * subtracted,
                    p -> new NaiveContrast(z, d, false, Math.sqrt(mu), p, NaiveCriteria.spectral(n, mu)));
        }
    }

    @ParameterizedTest
    @CsvSource({"multi,0.01", "dcl,0.01", "square,0.005", "absolute,0.01"})
    void lowTemperatures(String name, float temperature) {
        int n = 41;
        int d = 17;
        double[][] z = {Truth.gaussian(1, n * d), Truth.gaussian(2, n * d)};
        UnsignedContrastiveReference.Settings settings =
                new UnsignedContrastiveReference.Settings(temperature, name.equals("square"), false, true);
        Op op =
                switch (name) {
                    case "multi" -> multiView(temperature);
                    case "dcl" -> dcl(temperature, 0.5f, false);
                    default -> unsigned(settings);
                };
        LossAndGradients truth =
                switch (name) {
                    case "multi" -> MultiViewNtXentReference.valueAndGradients(z, n, d, temperature);
                    case "dcl" -> DclReference.valueAndGradients(z[0], z[1], n, d, temperature, 0.5, false);
                    default -> UnsignedContrastiveReference.valueAndGradients(z[0], z[1], n, d, settings);
                };
        Result result = run(op, Precision.FLOAT32, 1, z, d);
        // a float32 product is off by 1e-7, which the temperature divides
        double bound = 1e-6 * (1 + 0.1 / temperature);
        assertThat(result.loss()).isCloseTo(truth.loss(), within(2 * bound * (1 + Math.abs(truth.loss()))));
        for (int v = 0; v < 2; v++) {
            assertThat(Truth.error(result.dz().get(v), truth.gradients()[v])).isLessThanOrEqualTo(5 * bound);
        }
    }

    @Test
    void whatIsNoNumberIsNotHidden() {
        int n = 10;
        int d = 4;
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            double[][] z = {Truth.gaussian(8, n * d), Truth.gaussian(9, n * d)};
            z[0][17] = bad;
            UnsignedContrastiveReference.Settings square =
                    new UnsignedContrastiveReference.Settings(0.2, true, false, false);
            for (Op op : List.of(
                    multiView(0.2f),
                    dcl(0.2f, 0.5f, false),
                    dcl(0.2f, 0.5f, true),
                    unsigned(square),
                    spectral(1, true),
                    spectral(1, false))) {
                Result result = run(op, Precision.FLOAT32, 1, z, d);
                assertThat(result.loss()).isNaN();
                assertThat(result.value()).isNaN();
            }
        }
    }

    @Test
    void noImageOneImageAndAZeroRow() {
        double[][] none = {new double[0], new double[0], new double[0]};
        assertThat(run(multiView(0.5f), Precision.TF32, 1, none, 4).loss()).isZero();
        Result one = run(multiView(0.001f), Precision.FLOAT32, 1, views(3, 1, 4, 1), 4);
        assertThat(one.loss()).isZero();
        one.dz().forEach(dz -> assertThat(dz).containsOnly(0f));
        double[][] z = views(2, 5, 4, 1);
        Arrays.fill(z[0], 8, 12, 0);
        LossAndGradients truth = SpectralContrastiveReference.valueAndGradients(z[0], z[1], 5, 4, 1);
        for (boolean onSamples : new boolean[] {true, false}) {
            Result zero = run(spectral(1, onSamples), Precision.FLOAT32, 1, z, 4);
            assertThat(Truth.error(zero.dz().get(0), truth.gradients()[0])).isLessThanOrEqualTo(1e-5);
            assertThat(Truth.error(zero.dz().get(1), truth.gradients()[1])).isLessThanOrEqualTo(1e-5);
        }
        Result zero = run(dcl(0.2f, 0, false), Precision.FLOAT32, 1, z, 4);
        assertThat(Arrays.copyOfRange(zero.dz().get(0), 8, 12)).containsOnly(0f);
    }
}
