package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Network;
import io.gramian.backend.Stream;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pooling of the CUDA sources on the SIMT executor against the float64 truth, and with the bits of the CPU. */
class SimtPoolingTest {
    private final Device device = DeviceUnderTest.get();
    private final Network network = device.backend().network();

    /** Windows that overlap, leave a rest or gaps; channels around a vector. */
    @ParameterizedTest
    @CsvSource({
        "0,4,4,8,2,2,0",
        "1,4,4,1,2,2,0",
        "2,5,7,3,3,2,1",
        "3,9,9,16,3,1,1",
        "2,6,6,33,1,2,0",
        "1,15,15,4,15,1,7",
        "1,2,70,20,2,3,0"
    })
    void maximaAgreeWithTheTruth(int n, int h, int w, int c, int size, int stride, int padding) {
        int oh = (h + 2 * padding - size) / stride + 1;
        int ow = (w + 2 * padding - size) / stride + 1;
        double[] x = Truth.gaussian(h, n * h * w * c);
        double[] dy = Truth.gaussian(w, n * oh * ow * c);
        double[] expected = new double[dy.length];
        byte[] place = new byte[dy.length];
        double[] gradient = new double[x.length];
        for (int o = 0; o < dy.length; o++) {
            int best = -1;
            for (int t = 0; t < size * size; t++) {
                int i = o / c / ow % oh * stride - padding + t / size;
                int j = o / c % ow * stride - padding + t % size;
                int at = ((o / c / ow / oh * h + i) * w + j) * c + o % c;
                if (i >= 0 && i < h && j >= 0 && j < w && (best < 0 || x[at] > x[best])) {
                    best = at;
                    place[o] = (byte) t;
                }
            }
            expected[o] = x[best];
            gradient[best] += dy[o];
        }
        for (int shift = 0; shift < 2; shift++) { // accesses of 16 bytes, and of 4
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, 5 + shift)) {
                Network room = device.backend().network(stream);
                Guarded y = Guarded.shifted(device, shift, n, oh, ow, c);
                Guarded dx = Guarded.shifted(device, shift, n, h, w, c);
                Tensor tap = Tensor.empty(device, DType.UINT8, n, oh, ow, c);
                room.maxPool(Truth.tensor(device, x, n, h, w, c), size, stride, padding, y.tensor(), tap);
                assertThat(Truth.error(y.values(), expected)).isZero();
                assertThat(tap.toBytes()).isEqualTo(place);
                room.maxPoolBackward(tap, size, stride, padding, Truth.tensor(device, dy, n, oh, ow, c), dx.tensor());
                assertThat(Truth.error(dx.values(), gradient)).isLessThanOrEqualTo(5e-7); // up to 9 terms
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0,4,4,8,2,2,2",
        "2,5,7,3,3,2,1",
        "1,7,5,16,3,3,2",
        "3,9,4,1,2,3,3",
        "2,8,8,33,2,2,3",
        "1,1,1,5,1,1,1",
        "2,3,3,4,2,2,1000000",
        "2,11,6,4,5,4,2",
        "1,3,13,2,3,13,1",
        "5,4,4,128,4,4,4"
    })
    void meansAgreeWithTheTruth(int n, int h, int w, int c, int sizeH, int sizeW, int stride) {
        int oh = (h - sizeH) / stride + 1;
        int ow = (w - sizeW) / stride + 1;
        double[] x = Truth.gaussian(h, n * h * w * c);
        double[] dy = Truth.gaussian(w, n * oh * ow * c);
        double[] expected = new double[dy.length];
        double[] gradient = new double[x.length];
        for (int o = 0; o < dy.length; o++) {
            for (int t = 0; t < sizeH * sizeW; t++) {
                int i = o / c / ow % oh * stride + t / sizeW;
                int j = o / c % ow * stride + t % sizeW;
                int at = ((o / c / ow / oh * h + i) * w + j) * c + o % c;
                expected[o] += x[at] / (sizeH * sizeW);
                gradient[at] += dy[o] / (sizeH * sizeW);
            }
        }
        for (int shift = 0; shift < 2; shift++) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, 5 + shift)) {
                Network room = device.backend().network(stream);
                Guarded y = Guarded.shifted(device, shift, n, oh, ow, c);
                Guarded dx = Guarded.shifted(device, shift, n, h, w, c);
                room.averagePool(Truth.tensor(device, x, n, h, w, c), sizeH, sizeW, stride, y.tensor());
                room.averagePoolBackward(sizeH, sizeW, stride, Truth.tensor(device, dy, n, oh, ow, c), dx.tensor());
                // up to 39 float32 additions of terms that shrink by as much
                assertThat(Truth.error(y.values(), expected)).isLessThanOrEqualTo(1e-6);
                assertThat(Truth.error(dx.values(), gradient)).isLessThanOrEqualTo(1e-6);
            }
        }
    }

    /** NaN wins, the first of them; equal values: the first; -infinity is a value. */
    @Test
    void theBitsOfTheCpu() {
        float[] x = new float[2 * 6 * 6 * 5];
        for (int i = 0; i < x.length; i++) {
            x[i] = i % 11 == 0 ? Float.NaN : i % 7 == 0 ? Float.NEGATIVE_INFINITY : i % 4;
        }
        float[][] found = new float[8][];
        byte[][] taps = new byte[2][];
        for (int at = 0; at < 2; at++) {
            Device where = at == 0 ? device : Device.cpu();
            Network room = where.backend().network();
            try (Scope scope = Scope.open()) {
                Tensor tx = Tensor.of(where, x, 2, 6, 6, 5);
                Tensor y = Tensor.empty(where, 2, 3, 3, 5);
                Tensor dx = Tensor.empty(where, 2, 6, 6, 5);
                Tensor tap = Tensor.empty(where, DType.UINT8, 2, 3, 3, 5);
                room.maxPool(tx, 3, 2, 1, y, tap);
                taps[at] = tap.toBytes();
                found[at] = y.toFloats();
                room.maxPoolBackward(tap, 3, 2, 1, y, dx);
                found[2 + at] = dx.toFloats();
                // a quarter is exact: a fused multiply-add of a GPU rounds like the two operations here
                Tensor mean = Tensor.empty(where, 2, 3, 3, 5);
                room.averagePool(tx, 2, 2, 2, mean);
                found[4 + at] = mean.toFloats();
                room.averagePoolBackward(2, 2, 2, mean, dx);
                found[6 + at] = dx.toFloats();
            }
        }
        assertThat(taps[0]).isEqualTo(taps[1]);
        for (int k = 0; k < 8; k += 2) {
            assertThat(found[k]).as("result %d", k / 2).isEqualTo(found[k + 1]);
            assertThat(Arrays.toString(found[k])).contains("NaN");
        }
    }
}
