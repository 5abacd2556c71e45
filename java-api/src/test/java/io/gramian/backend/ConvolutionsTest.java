package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.Conv2dReference;
import io.gramian.reference.Conv2dReference.Sizes;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConvolutionsTest {
    private final Device device = Device.cpu();
    private final Convolutions convolutions = device.backend().network().convolutions();

    @Test
    void twoByTwoOnesSumTheWindow() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(device, new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 3, 3, 1);
            Tensor y = Tensor.empty(device, 1, 2, 2, 1);
            convolutions.forward(x, Tensor.empty(device, 1, 2, 2, 1).fill(1), null, 1, 0, y);
            assertThat(y.toFloats()).containsExactly(12, 16, 24, 28);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1,1,1,1,1,1,1,1,0",
        "2,5,7,3,4,3,3,1,1",
        "3,8,8,1,8,3,3,1,1",
        "2,28,28,1,32,3,3,1,1",
        "1,9,9,5,7,3,3,2,1",
        "2,14,14,33,17,3,3,1,1",
        "2,7,7,64,64,3,3,1,1",
        "2,8,8,64,128,3,3,2,1",
        "2,8,8,16,24,1,1,2,0",
        "16,14,14,1,8,1,1,2,0",
        "16,14,14,3,8,1,1,2,0",
        "16,14,14,4,8,1,1,2,0",
        "16,13,15,7,9,1,1,3,0",
        "2,17,17,3,16,7,7,2,3",
        "3,7,7,40,48,3,3,2,1",
        "1,4,4,72,80,3,3,1,1",
        "5,6,6,16,16,1,1,1,0",
        "2,5,6,8,8,5,3,1,2",
        "1,13,11,8,16,3,3,1,0",
        "9,2,2,16,32,3,3,1,1",
        "2,1,1,24,16,3,3,1,1",
        "2,31,33,16,8,3,3,1,1",
        "7,14,14,8,4,3,3,1,1",
        "1,9,9,8,8,5,3,1,1",
        "3,33,31,8,12,3,3,2,0"
    })
    void agreesWithTheTruth(int n, int h, int w, int c, int k, int r, int s, int stride, int padding) {
        Sizes sizes = new Sizes(n, h, w, c, k, r, s, stride, padding);
        Conv2dReference truth = new Conv2dReference(sizes);
        Random random = new Random(31L * n + 7L * c + k);
        double[] x = Arrays64.random(random, n * h * w * c);
        double[] weights = Arrays64.random(random, k * r * s * c);
        double[] dy = Arrays64.random(random, n * sizes.oh() * sizes.ow() * k);
        try (Scope scope = Scope.open()) {
            Tensor tx = Arrays64.tensor(x, n, h, w, c);
            Tensor tw = Arrays64.tensor(weights, k, r, s, c);
            Tensor tdy = Arrays64.tensor(dy, n, sizes.oh(), sizes.ow(), k);
            Tensor y = Tensor.empty(device, n, sizes.oh(), sizes.ow(), k).fill(Float.NaN);
            Tensor dx = Tensor.empty(device, n, h, w, c).fill(Float.NaN);
            Tensor dw = Tensor.empty(device, k, r, s, c).fill(Float.NaN);
            convolutions.forward(tx, tw, null, stride, padding, y);
            convolutions.backwardData(tw, stride, padding, tdy, dx);
            convolutions.backwardWeights(tx, stride, padding, tdy, dw);
            Arrays64.assertClose("y", y, truth.value(x, weights), bound(r * s * c));
            Arrays64.assertClose("dx", dx, truth.dx(weights, dy), bound(r * s * k));
            Arrays64.assertClose("dweights", dw, truth.dweights(x, dy), bound(n * sizes.oh() * sizes.ow()));
        }
    }

    /** Twice a float32 sum of this many products below 1. */
    private static double bound(int products) {
        return 2e-7 * (products + 8) / 2 + 1e-6;
    }

    @Test
    void biasIsAddedToEveryPixel() {
        try (Scope scope = Scope.open()) {
            Tensor y = Tensor.empty(device, 2, 3, 3, 2);
            convolutions.forward(
                    Tensor.zeros(device, 2, 3, 3, 4),
                    Tensor.zeros(device, 2, 1, 1, 4),
                    Tensor.of(device, new float[] {1, -2}, 2),
                    1,
                    0,
                    y);
            assertThat(y.toFloats()).containsOnly(1, -2);
        }
    }

    @Test
    void twiceTheSameBits() {
        Random random = new Random(5);
        try (Scope scope = Scope.open()) {
            Tensor x = Arrays64.tensor(Arrays64.random(random, 7 * 14 * 14 * 32), 7, 14, 14, 32);
            Tensor dy = Arrays64.tensor(Arrays64.random(random, 7 * 14 * 14 * 48), 7, 14, 14, 48);
            Tensor first = Tensor.empty(device, 48, 3, 3, 32);
            Tensor second = Tensor.empty(device, 48, 3, 3, 32);
            convolutions.backwardWeights(x, 1, 1, dy, first);
            convolutions.backwardWeights(x, 1, 1, dy, second);
            assertThat(first.toFloats()).containsExactly(second.toFloats());
        }
    }

    @Test
    void nanReachesItsNeighbourhood() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.zeros(device, 1, 8, 8, 16);
            try (Tensor pixel = x.reshape(64, 16).rows(27, 28)) {
                pixel.fill(Float.NaN);
            }
            Tensor y = Tensor.empty(device, 1, 8, 8, 16);
            convolutions.forward(x, Tensor.empty(device, 16, 3, 3, 16).fill(1), null, 1, 1, y);
            assertThat(y.toFloats()[27 * 16]).isNaN();
            assertThat(y.toFloats()[18 * 16]).isNaN();
            assertThat(y.toFloats()[0]).isZero();
            Tensor dw = Tensor.empty(device, 16, 3, 3, 16);
            convolutions.backwardWeights(
                    x, 1, 1, Tensor.empty(device, 1, 8, 8, 16).fill(1), dw);
            for (float value : dw.toFloats()) {
                assertThat(value).isNaN();
            }
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.zeros(device, 1, 4, 4, 3);
            assertThatThrownBy(() -> convolutions.forward(
                            x, Tensor.zeros(device, 8, 3, 3, 4), null, 1, 1, Tensor.zeros(device, 1, 4, 4, 8)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("got (1, 4, 4, 3) and (8, 3, 3, 4)");
            assertThatThrownBy(() -> convolutions.forward(
                            x, Tensor.zeros(device, 8, 7, 7, 3), null, 1, 1, Tensor.zeros(device, 1, 4, 4, 8)))
                    .hasMessageContaining("at least as large as the kernel");
            assertThatThrownBy(() -> convolutions.forward(
                            x, Tensor.zeros(device, 8, 3, 3, 3), null, 1, 1, Tensor.zeros(device, 1, 4, 4, 7)))
                    .hasMessage("y: expected shape (1, 4, 4, 8), got (1, 4, 4, 7)");
            assertThatThrownBy(() -> convolutions.forward(
                            x, Tensor.zeros(device, 8, 3, 3, 3), null, 0, 1, Tensor.zeros(device, 1, 4, 4, 8)))
                    .hasMessage("stride: expected at least 1, got 0");
        }
    }
}
