package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkTest {
    private final Device device = Device.cpu();
    private final Network network = device.backend().network();

    @Test
    void reluKeepsNan() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(device, new float[] {-1, 0, 2, Float.NaN}, 4);
            Tensor y = Tensor.empty(device, 4);
            network.relu(x, y);
            assertThat(y.toFloats()).containsExactly(0, 0, 2, Float.NaN);
            Tensor dy = Tensor.of(device, new float[] {5, 6, 7, 8}, 4);
            network.reluBackward(y, dy, dy);
            assertThat(dy.toFloats()).containsExactly(0, 0, 7, 8);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,4,4,1,2,2,0", "2,5,7,3,3,2,1", "3,9,9,17,3,1,1", "2,6,6,8,1,1,0", "1,15,15,2,15,1,7"})
    void maxPoolAgreesWithTheTruth(int n, int h, int w, int c, int size, int stride, int padding) {
        Random random = new Random(h + c);
        int oh = (h + 2 * padding - size) / stride + 1;
        int ow = (w + 2 * padding - size) / stride + 1;
        double[] x = Arrays64.random(random, n * h * w * c);
        double[] dy = Arrays64.random(random, n * oh * ow * c);
        double[] expected = new double[dy.length];
        double[] dx = new double[x.length];
        for (int o = 0; o < dy.length; o++) {
            int best = -1;
            for (int t = 0; t < size * size; t++) {
                int i = o / c / ow % oh * stride - padding + t / size;
                int j = o / c % ow * stride - padding + t % size;
                int at = ((o / c / ow / oh * h + i) * w + j) * c + o % c;
                if (i >= 0 && i < h && j >= 0 && j < w && (best < 0 || x[at] > x[best])) {
                    best = at;
                }
            }
            expected[o] = x[best];
            dx[best] += dy[o];
        }
        try (Scope scope = Scope.open()) {
            Tensor y = Tensor.empty(device, n, oh, ow, c).fill(Float.NaN);
            Tensor tap = Tensor.empty(device, DType.UINT8, n, oh, ow, c);
            Tensor out = Tensor.empty(device, n, h, w, c).fill(Float.NaN);
            network.maxPool(Arrays64.tensor(x, n, h, w, c), size, stride, padding, y, tap);
            network.maxPoolBackward(tap, size, stride, padding, Arrays64.tensor(dy, n, oh, ow, c), out);
            Arrays64.assertClose("y", y, expected, 0);
            Arrays64.assertClose("dx", out, dx, 1e-5);
        }
    }

    @Test
    void nanWinsTheMaximum() {
        try (Scope scope = Scope.open()) {
            Tensor y = Tensor.empty(device, 1, 1, 1, 1);
            Tensor tap = Tensor.empty(device, DType.UINT8, 1, 1, 1, 1);
            network.maxPool(Tensor.of(device, new float[] {1, Float.NaN, 3, 2}, 1, 2, 2, 1), 2, 2, 0, y, tap);
            assertThat(y.item()).isNaN();
            assertThat(tap.toBytes()).containsExactly((byte) 1);
        }
    }

    @Test
    void averagesWindows() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(device, new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 1, 2, 4, 1);
            Tensor y = Tensor.empty(device, 1, 1, 2, 1);
            network.averagePool(x, 2, 2, 2, y);
            assertThat(y.toFloats()).containsExactly(3.5f, 5.5f);
            Tensor dx = Tensor.empty(device, 1, 2, 4, 1);
            network.averagePoolBackward(2, 2, 2, Tensor.of(device, new float[] {4, 8}, 1, 1, 2, 1), dx);
            assertThat(dx.toFloats()).containsExactly(1, 1, 2, 2, 1, 1, 2, 2);
            assertThatThrownBy(() -> network.averagePool(x, 3, 3, 1, y))
                    .hasMessageContaining("at least as large as the window 3 x 3");
        }
    }

    /** Odd sizes, windows that overlap, leave a rest, or leave gaps; channels around a vector. */
    @ParameterizedTest
    @CsvSource({
        "2,5,7,3,3,2,1",
        "1,7,5,17,3,3,2",
        "3,9,4,1,2,3,3",
        "2,8,8,8,2,2,3",
        "1,1,1,5,1,1,1",
        "2,11,6,33,5,4,2",
        "1,3,13,2,3,13,1"
    })
    void averagePoolAgreesWithTheTruth(int n, int h, int w, int c, int sizeH, int sizeW, int stride) {
        Random random = new Random(h * w + c);
        int oh = (h - sizeH) / stride + 1;
        int ow = (w - sizeW) / stride + 1;
        double[] x = Arrays64.random(random, n * h * w * c);
        double[] dy = Arrays64.random(random, n * oh * ow * c);
        double[] expected = new double[dy.length];
        double[] dx = new double[x.length];
        for (int o = 0; o < dy.length; o++) {
            for (int t = 0; t < sizeH * sizeW; t++) {
                int i = o / c / ow % oh * stride + t / sizeW;
                int j = o / c % ow * stride + t % sizeW;
                int at = ((o / c / ow / oh * h + i) * w + j) * c + o % c;
                expected[o] += x[at] / (sizeH * sizeW);
                dx[at] += dy[o] / (sizeH * sizeW);
            }
        }
        try (Scope scope = Scope.open()) {
            Tensor y = Tensor.empty(device, n, oh, ow, c).fill(Float.NaN);
            Tensor out = Tensor.empty(device, n, h, w, c).fill(Float.NaN);
            network.averagePool(Arrays64.tensor(x, n, h, w, c), sizeH, sizeW, stride, y);
            network.averagePoolBackward(sizeH, sizeW, stride, Arrays64.tensor(dy, n, oh, ow, c), out);
            Arrays64.assertClose("y", y, expected, 1e-6);
            Arrays64.assertClose("dx", out, dx, 1e-6);
        }
    }
}
