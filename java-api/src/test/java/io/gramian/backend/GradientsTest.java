package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.OptimizerReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GradientsTest {
    /** Around the edges of a stretch (16384), and nothing. */
    private static final int[] SIZES = {1, 0, 7, 16383, 16384, 16385, 40000, 33};

    private final Device device = Device.cpu();
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    private List<Tensor> gradients() {
        Random random = new Random(4);
        List<Tensor> tensors = new ArrayList<>();
        for (int size : SIZES) {
            float[] values = new float[size];
            for (int i = 0; i < size; i++) {
                values[i] = (float) random.nextGaussian();
            }
            tensors.add(Tensor.of(device, values, size));
        }
        return tensors;
    }

    private Gradients room() {
        return device.backend().optimizers().gradients();
    }

    @Test
    void byHand() {
        Tensor a = Tensor.of(device, new float[] {3, 0}, 2);
        Tensor b = Tensor.of(device, new float[] {4}, 1);
        assertThat(room().clip(List.of(a, b), 1)).isEqualTo(5);
        assertThat(a.toFloats()).containsExactly(new float[] {0.6f, 0}, within(1e-7f));
        assertThat(b.toFloats()).containsExactly(new float[] {0.8f}, within(1e-7f));
        assertThat(room().clip(List.of(), 1)).isZero();
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e6, 300, 1, 1e-6, Double.POSITIVE_INFINITY})
    void agreesWithTheTruth(double most) {
        List<Tensor> tensors = gradients();
        double[][] truth = new double[SIZES.length][];
        for (int t = 0; t < SIZES.length; t++) {
            float[] values = tensors.get(t).toFloats();
            truth[t] = new double[values.length];
            for (int i = 0; i < values.length; i++) {
                truth[t][i] = values[i];
            }
        }
        double expected = OptimizerReference.clip(truth, most);
        assertThat(room().clip(tensors, most)).isCloseTo(expected, within(1e-12 * expected));
        for (int t = 0; t < SIZES.length; t++) {
            float[] values = tensors.get(t).toFloats();
            for (int i = 0; i < values.length; i++) {
                // one rounding of the factor, one of the product
                assertThat((double) values[i]).isCloseTo(truth[t][i], within(1.3e-7 * Math.abs(truth[t][i])));
            }
        }
    }

    @Test
    void theLargestFloatsDoNotOverflow() {
        Tensor huge = Tensor.empty(device, 100).fill(Float.MAX_VALUE);
        double norm = room().clip(List.of(huge), 1e35);
        assertThat(norm).isCloseTo(10.0 * Float.MAX_VALUE, within(1e-6 * Float.MAX_VALUE));
        for (float value : huge.toFloats()) {
            assertThat((double) value).isCloseTo(1e34, within(1e28));
        }
    }

    @Test
    void sameBitsWithEveryThreadCount() {
        List<Tensor> one = gradients();
        List<Tensor> three = gradients();
        double first;
        double second;
        try (Stream a = device.backend().newStream(1);
                Stream b = device.backend().newStream(3)) {
            first = device.backend().optimizers(a).gradients().clip(one, 2);
            second = device.backend().optimizers(b).gradients().clip(three, 2);
        }
        assertThat(first).isEqualTo(second);
        for (int t = 0; t < SIZES.length; t++) {
            assertThat(one.get(t).toFloats()).containsExactly(three.get(t).toFloats());
        }
    }

    @Test
    void aNormThatIsNoNumberScalesNothing() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            List<Tensor> tensors = gradients();
            float[] values = tensors.get(6).toFloats();
            values[39_999] = bad;
            tensors.get(6).copyFrom(values);
            float[] before = tensors.get(3).toFloats();
            assertThat(room().clip(tensors, 0.1)).isNotFinite();
            assertThat(tensors.get(3).toFloats()).containsExactly(before);
        }
    }

    @Test
    void badArgumentsAreRefused() {
        Tensor whole = Tensor.zeros(device, 8);
        for (double most : new double[] {0, -1, Double.NaN}) {
            assertThatThrownBy(() -> room().clip(List.of(whole), most))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("most: expected a norm above 0, got " + most);
        }
        Tensor part = whole.rows(2, 4);
        assertThatThrownBy(() -> room().clip(List.of(whole, part), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("another");
    }
}
