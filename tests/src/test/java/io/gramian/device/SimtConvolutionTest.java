package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.GradientCheck;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Convolution;
import io.gramian.backend.Convolutions;
import io.gramian.backend.Precision;
import io.gramian.backend.Stream;
import io.gramian.reference.Conv2dReference;
import io.gramian.reference.Conv2dReference.Sizes;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The convolutions of the CUDA sources on the SIMT executor against the float64 definition, in all precisions: off by at most
 * twice what the definition with rounded operands is, and a few roundings of float32 sums.
 */
class SimtConvolutionTest {
    /** Sums of up to 700 products in float32, relative to the largest. */
    private static final double FLOAT32_SUMS = 3e-6;

    private final Device device = DeviceUnderTest.get();

    /**
     * One channel, three and ragged ones; more pixels than a tile has rows, more channels than it has columns; windows with gaps
     * between them, strides that leave pixels without any window; padding larger than the image; one pixel.
     */
    @ParameterizedTest
    @CsvSource({
        "1,1,1,1,1,1,1,1,0",
        "2,5,7,3,4,3,3,1,1",
        "3,8,8,1,8,3,3,1,1",
        "1,9,9,5,7,3,3,2,1",
        "2,7,7,33,17,3,3,1,1",
        "1,4,4,64,65,3,3,1,1",
        "2,8,8,16,24,1,1,2,0",
        "2,13,15,7,9,1,1,3,0",
        "1,17,17,3,16,7,7,2,3",
        "2,5,6,8,8,5,3,1,2",
        "2,1,1,24,16,3,3,1,1",
        "1,11,10,4,4,2,2,3,0",
        "1,3,2,2,5,4,5,2,4",
        "4,12,12,2,3,3,3,1,1",
        "1,6,5,129,2,2,2,1,0"
    })
    void agreesWithTheTruth(int n, int h, int w, int c, int k, int r, int s, int stride, int padding) {
        Sizes sizes = new Sizes(n, h, w, c, k, r, s, stride, padding);
        double[] x = Truth.gaussian(31L * n + c, n * h * w * c);
        double[] weights = Truth.gaussian(7L * c + k, k * r * s * c);
        double[] bias = Truth.gaussian(k, k);
        double[] dy = Truth.gaussian(h + 3L * k, n * sizes.oh() * sizes.ow() * k);
        Conv2dReference reference = new Conv2dReference(sizes);
        double[] y = biased(reference.value(x, weights), bias);
        double[] dx = reference.dx(weights, dy);
        double[] dw = reference.dweights(x, dy);
        for (Precision precision : Precision.values()) {
            double[] rx = rounded(x, precision);
            double[] rw = rounded(weights, precision);
            double[] rdy = rounded(dy, precision);
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, n)) {
                stream.setPrecision(precision);
                Convolutions of = device.backend().network(stream).convolutions();
                Tensor tx = Truth.tensor(device, x, n, h, w, c);
                Tensor tw = Truth.tensor(device, weights, k, r, s, c);
                Tensor tdy = Truth.tensor(device, dy, n, sizes.oh(), sizes.ow(), k);
                Guarded ty = Guarded.of(device, n, sizes.oh(), sizes.ow(), k);
                Guarded tdx = Guarded.of(device, n, h, w, c);
                Guarded tdw = Guarded.of(device, k, r, s, c);
                of.forward(tx, tw, Truth.tensor(device, bias, k), stride, padding, ty.tensor());
                of.backwardData(tw, stride, padding, tdy, tdx.tensor());
                of.backwardWeights(tx, stride, padding, tdy, tdw.tensor());
                check(precision + " y", ty, y, biased(reference.value(rx, rw), bias));
                check(precision + " dx", tdx, dx, reference.dx(rw, rdy));
                check(precision + " dweights", tdw, dw, reference.dweights(rx, rdy));
            }
        }
    }

    /** Bound: twice the error of the rounded operands alone, which has no sums to round. */
    private static void check(String name, Guarded got, double[] truth, double[] ofRounded) {
        double rounding = Truth.error(NaiveProducts.floats(ofRounded), truth);
        assertThat(Truth.error(got.values(), truth)).as(name).isLessThanOrEqualTo(2 * rounding + FLOAT32_SUMS);
    }

    private static double[] biased(double[] y, double[] bias) {
        for (int i = 0; i < y.length; i++) {
            y[i] += bias[i % bias.length];
        }
        return y;
    }

    private static double[] rounded(double[] x, Precision precision) {
        return Arrays.stream(x)
                .map(value -> NaiveProducts.rounded(value, precision))
                .toArray();
    }

    /** The gradient of the weights is cut into parts here, and pixels fill several tiles. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void everyScheduleGivesTheSameBits(Precision precision) {
        float[][] first = null;
        for (long seed : new long[] {0, 1, 77}) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, seed)) {
                stream.setPrecision(precision);
                Convolutions of = device.backend().network(stream).convolutions();
                Tensor x = Truth.tensor(device, Truth.gaussian(1, 7 * 14 * 14 * 5), 7, 14, 14, 5);
                Tensor w = Truth.tensor(device, Truth.gaussian(2, 6 * 3 * 3 * 5), 6, 3, 3, 5);
                Tensor dy = Truth.tensor(device, Truth.gaussian(3, 7 * 14 * 14 * 6), 7, 14, 14, 6);
                Tensor y = Tensor.empty(device, 7, 14, 14, 6);
                Tensor dx = Tensor.empty(device, 7, 14, 14, 5);
                Tensor dw = Tensor.empty(device, 6, 3, 3, 5);
                of.forward(x, w, null, 1, 1, y);
                of.backwardData(w, 1, 1, dy, dx);
                of.backwardWeights(x, 1, 1, dy, dw);
                float[][] bits = {y.toFloats(), dx.toFloats(), dw.toFloats()};
                first = first == null ? bits : first;
                assertThat(bits).as("seed %d", seed).isDeepEqualTo(first);
            }
        }
    }

    /** Views that begin anywhere, in a precision that reads aligned tensors as they lie. */
    @Test
    void takesUnalignedViews() {
        double[] x = Truth.gaussian(1, 1 + 2 * 4 * 4 * 8);
        double[] w = Truth.gaussian(2, 1 + 8 * 3 * 3 * 8);
        try (Scope scope = Scope.open()) {
            Tensor tx = Truth.tensor(device, x, x.length).rows(1, x.length).reshape(2, 4, 4, 8);
            Tensor tw = Truth.tensor(device, w, w.length).rows(1, w.length).reshape(8, 3, 3, 8);
            Guarded y = Guarded.of(device, 2, 4, 4, 8);
            device.backend().network().convolutions().forward(tx, tw, null, 1, 1, y.tensor());
            double[] truth = new Conv2dReference(new Sizes(2, 4, 4, 8, 8, 3, 3, 1, 1))
                    .value(Arrays.copyOfRange(x, 1, x.length), Arrays.copyOfRange(w, 1, w.length));
            assertThat(Truth.error(y.values(), truth)).isLessThanOrEqualTo(FLOAT32_SUMS);
        }
    }

    @Test
    void nanReachesItsNeighbourhoodOnly() {
        try (Scope scope = Scope.open()) {
            Convolutions of = device.backend().network().convolutions();
            Tensor x = Tensor.zeros(device, 1, 8, 8, 4);
            x.reshape(64, 4).rows(27, 28).fill(Float.NaN);
            Tensor ones = Tensor.empty(device, 4, 3, 3, 4).fill(1);
            Tensor y = Tensor.empty(device, 1, 8, 8, 4);
            Tensor dx = Tensor.empty(device, 1, 8, 8, 4);
            of.forward(x, ones, null, 1, 1, y);
            of.backwardData(ones, 1, 1, x, dx);
            for (Tensor map : List.of(y, dx)) {
                float[] values = map.toFloats();
                for (int pixel = 0; pixel < 64; pixel++) {
                    boolean near = Math.abs(pixel / 8 - 3) <= 1 && Math.abs(pixel % 8 - 3) <= 1;
                    assertThat(Float.isNaN(values[pixel * 4]))
                            .as("pixel %d", pixel)
                            .isEqualTo(near);
                }
            }
        }
    }

    @Test
    void layersOfAutogradHaveTheRightGradients() {
        Variable x = Variable.parameter(Truth.tensor(device, Truth.gaussian(1, 5 * 4 * 3), 1, 5, 4, 3));
        Variable w = Variable.parameter(Truth.tensor(device, Truth.gaussian(2, 2 * 3 * 3 * 3), 2, 3, 3, 3));
        GradientCheck.defaults().check(() -> Convolution.apply(x, w, null, 2, 1), Map.of("x", x, "w", w));
        x.close();
        w.close();
    }
}
