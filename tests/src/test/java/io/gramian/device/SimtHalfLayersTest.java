package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.BatchNormalization;
import io.gramian.backend.BatchNormalization.Epilogue;
import io.gramian.backend.BatchNormalization.Forward;
import io.gramian.backend.Convolutions;
import io.gramian.backend.Network;
import io.gramian.backend.Precision;
import io.gramian.backend.Stream;
import io.gramian.reference.Conv2dReference;
import io.gramian.reference.Conv2dReference.Sizes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Layers of the CUDA sources on bfloat16 activations, on the SIMT executor against the float64 truth of the same numbers: off
 * by what the float32 kernels are, and where bfloat16 is stored by its one rounding, 2^-8 of an element at most.
 */
class SimtHalfLayersTest {
    private static final double STORED = 0x1p-8;
    private static final double FLOAT32_SUMS = 3e-6;
    private static final float EPS = 1e-5f;

    private final Device device = DeviceUnderTest.get();

    /** Every number in reach of float32, among them ties, numbers without an exponent, infinities and NaN. */
    @ParameterizedTest
    @CsvSource({"0,0", "1,1", "3,0", "31,2", "1024,0", "4099,1", "4099,0"})
    void roundsToNearestEven(int count, int shift) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = Float.intBitsToFloat(0x9e3779b9 * (i + 1));
        }
        float[] special = {
            Float.intBitsToFloat(0x3f808000), // half way, to even: down
            Float.intBitsToFloat(0x3f818000), // half way, to even: up
            Float.intBitsToFloat(0x7f7fffff), // beyond the largest
            Float.intBitsToFloat(0x00000001),
            Float.NEGATIVE_INFINITY,
            -0.0f,
            Float.NaN
        };
        System.arraycopy(special, 0, values, 0, Math.min(count, special.length));
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.empty(device, count + shift).rows(shift, count + shift);
            x.copyFrom(values);
            Guarded rounded = Guarded.half(device, shift, count);
            Guarded back = Guarded.shifted(device, shift, count);
            device.backend().linearAlgebra().convert(x, rounded.tensor());
            device.backend().linearAlgebra().convert(rounded.tensor(), back.tensor());
            float[] expected = new float[count];
            for (int i = 0; i < count; i++) {
                expected[i] = Float.isNaN(values[i]) ? Float.NaN : NaiveProducts.rounded(values[i], Precision.BFLOAT16);
            }
            assertThat(rounded.values()).isEqualTo(expected);
            assertThat(back.values()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,0", "33,1", "1030,0"})
    void addsWithOneRounding(int count, int shift) {
        double[] x = Truth.halves(1, count);
        double[] y = Truth.halves(2, count);
        try (Scope scope = Scope.open()) {
            Guarded sum = Guarded.half(device, shift, count);
            Guarded own = Guarded.half(device, 1 - shift, count).with(x);
            Tensor more = Truth.half(device, y, count);
            device.backend().linearAlgebra().add(own.tensor(), more, sum.tensor());
            device.backend().linearAlgebra().add(own.tensor(), more, own.tensor());
            for (int i = 0; i < count; i++) {
                float expected = NaiveProducts.rounded((float) x[i] + (float) y[i], Precision.BFLOAT16);
                assertThat(sum.values()[i]).isEqualTo(expected);
                assertThat(own.values()[i]).isEqualTo(expected);
            }
        }
    }

    /** As SimtConvolutionTest; 8, 16 and 24 channels are read as they lie, others are laid out. */
    @ParameterizedTest
    @CsvSource({
        "1,1,1,1,1,1,1,1,0",
        "2,5,7,3,4,3,3,1,1",
        "1,9,9,5,7,3,3,2,1",
        "2,7,7,33,17,3,3,1,1",
        "1,4,4,64,65,3,3,1,1",
        "2,8,8,16,24,1,1,2,0",
        "1,17,17,3,16,7,7,2,3",
        "2,5,6,8,8,5,3,1,2",
        "1,11,10,4,4,2,2,3,0",
        "1,6,5,129,2,2,2,1,0"
    })
    void convolutionsAgreeWithTheTruth(int n, int h, int w, int c, int k, int r, int s, int stride, int padding) {
        Sizes sizes = new Sizes(n, h, w, c, k, r, s, stride, padding);
        double[] x = Truth.halves(31L * n + c, n * h * w * c);
        double[] rw = Truth.halves(7L * c + k, k * r * s * c);
        double[] dy = Truth.halves(h + 3L * k, n * sizes.oh() * sizes.ow() * k);
        Conv2dReference reference = new Conv2dReference(sizes);
        for (int shift = 0; shift < 2; shift++) { // one begins where no copy of 16 bytes does
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, n + shift)) {
                Convolutions of = device.backend().network(stream).convolutions();
                Tensor tx = Guarded.half(device, shift, n, h, w, c).with(x).tensor();
                Tensor tw = Guarded.half(device, shift, k, r, s, c).with(rw).tensor();
                Tensor tdy = Guarded.half(device, shift, n, sizes.oh(), sizes.ow(), k)
                        .with(dy)
                        .tensor();
                Guarded ty = Guarded.half(device, shift, n, sizes.oh(), sizes.ow(), k);
                Guarded tdx = Guarded.half(device, shift, n, h, w, c);
                Guarded tdw = Guarded.of(device, k, r, s, c);
                of.forward(tx, tw, null, stride, padding, ty.tensor());
                of.backwardData(tw, stride, padding, tdy, tdx.tensor());
                of.backwardWeights(tx, stride, padding, tdy, tdw.tensor());
                check("y", ty, reference.value(x, rw), STORED + FLOAT32_SUMS);
                check("dx", tdx, reference.dx(rw, dy), STORED + FLOAT32_SUMS);
                // cuDNN gives the gradient of the weights as bfloat16, our kernels as float32
                check("dweights", tdw, reference.dweights(x, dy), dweightsRounding() + FLOAT32_SUMS);
            }
        }
    }

    private static double dweightsRounding() {
        return DeviceUnderTest.isSimt() ? 0 : STORED;
    }

    private static void check(String what, Guarded got, double[] expected, double bound) {
        assertThat(Truth.error(got.values(), expected)).as(what).isLessThanOrEqualTo(bound);
    }

    /** The maxima of the float32 kernel on the same numbers, bit by bit; sums of gradients are rounded once. */
    @ParameterizedTest
    @CsvSource({"1,4,4,1,2,2,0", "2,5,7,3,3,2,1", "3,9,9,16,3,1,1", "2,6,6,33,1,2,0"})
    void maximaAreThoseOfFloat32(int n, int h, int w, int c, int size, int stride, int padding) {
        int oh = (h + 2 * padding - size) / stride + 1;
        int ow = (w + 2 * padding - size) / stride + 1;
        double[] x = Truth.halves(h, n * h * w * c);
        x[x.length / 2] = Double.NaN;
        double[] dy = Truth.halves(w, n * oh * ow * c);
        for (int shift = 0; shift < 2; shift++) {
            try (Scope scope = Scope.open()) {
                Network network = device.backend().network();
                Tensor expected = Tensor.empty(device, n, oh, ow, c);
                Tensor expectedTap = Tensor.empty(device, DType.UINT8, n, oh, ow, c);
                network.maxPool(Truth.tensor(device, x, n, h, w, c), size, stride, padding, expected, expectedTap);
                Guarded y = Guarded.half(device, shift, n, oh, ow, c);
                Tensor tap = Tensor.empty(device, DType.UINT8, n, oh, ow, c);
                network.maxPool(Truth.half(device, x, n, h, w, c), size, stride, padding, y.tensor(), tap);
                assertThat(y.values()).isEqualTo(expected.toFloats());
                assertThat(tap.toBytes()).isEqualTo(expectedTap.toBytes());
                Tensor exact = Tensor.empty(device, n, h, w, c);
                network.maxPoolBackward(tap, size, stride, padding, Truth.tensor(device, dy, n, oh, ow, c), exact);
                Guarded dx = Guarded.half(device, shift, n, h, w, c);
                network.maxPoolBackward(tap, size, stride, padding, Truth.half(device, dy, n, oh, ow, c), dx.tensor());
                float[] rounded = exact.toFloats();
                for (int i = 0; i < rounded.length; i++) {
                    rounded[i] = NaiveProducts.rounded(rounded[i], Precision.BFLOAT16);
                }
                assertThat(dx.values()).isEqualTo(rounded);
            }
        }
    }

    /** Views that begin anywhere, and every order of threads; parts of the gradient of the weights are merged. */
    @ParameterizedTest
    @ValueSource(ints = {5, 8})
    void everyScheduleGivesTheSameBits(int c) {
        List<float[]> first = null;
        for (int seed = 1; seed <= 3; seed++) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, seed)) {
                List<float[]> bits = bits(device.backend().network(stream), c, seed % 2);
                first = first == null ? bits : first;
                for (int i = 0; i < bits.size(); i++) {
                    assertThat(bits.get(i)).as("seed %d, result %d", seed, i).isEqualTo(first.get(i));
                }
            }
        }
    }

    private List<float[]> bits(Network network, int c, int shift) {
        Tensor w = Truth.half(device, Truth.halves(2, 6 * 3 * 3 * c), 6, 3, 3, c);
        Tensor x = Guarded.half(device, shift, 7, 14, 14, c)
                .with(Truth.halves(1, 7 * 14 * 14 * c))
                .tensor();
        Guarded y = Guarded.half(device, shift, 7, 14, 14, 6);
        Guarded z = Guarded.half(device, 1 - shift, 7, 14, 14, 6);
        Guarded dx = Guarded.half(device, shift, 7, 14, 14, c);
        Guarded dw = Guarded.of(device, 6, 3, 3, c);
        List<Guarded> all = new ArrayList<>(List.of(y, z, dx, dw));
        for (int i = 0; i < 4; i++) {
            all.add(Guarded.of(device, 6));
        }
        Epilogue epilogue = new Epilogue(null, null, null, true);
        BatchNormalization norm = network.batchNormalization();
        network.convolutions().forward(x, w, null, 1, 1, y.tensor());
        Tensor mean = all.get(4).tensor();
        Tensor rstd = all.get(5).tensor();
        norm.forward(y.tensor(), epilogue, EPS, null, z.tensor(), mean, rstd);
        Tensor gradient = Truth.half(device, Truth.halves(3, 7 * 14 * 14 * 6), 7, 14, 14, 6);
        Forward forward = new Forward(y.tensor(), z.tensor(), mean, rstd, true);
        norm.backward(
                forward,
                epilogue,
                gradient,
                gradient,
                all.get(6).tensor(),
                all.get(7).tensor());
        network.convolutions().backwardData(w, 1, 1, gradient, dx.tensor());
        network.convolutions().backwardWeights(x, 1, 1, gradient, dw.tensor());
        return all.stream().map(Guarded::values).toList();
    }
}
