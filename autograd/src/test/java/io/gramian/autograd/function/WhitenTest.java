package io.gramian.autograd.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.GradientCheck;
import io.gramian.autograd.Variable;
import io.gramian.backend.WhiteningMethod;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WhitenTest {
    private final Device device = Device.cpu();

    @Test
    void gradientsAreTheSlopes() {
        for (WhiteningMethod method : new WhiteningMethod[] {
            WhiteningMethod.CHOLESKY, WhiteningMethod.ZCA, WhiteningMethod.PCA, WhiteningMethod.iterative(5)
        }) {
            Variable x = Variable.parameter(random());
            new GradientCheck(1e-2, 1e-2, 20, 3).check(() -> Whiten.apply(x, method, 0.01f), Map.of("x", x));
            x.close();
        }
    }

    @Test
    void whitenedSlicesGoOnIntoTheGraph() {
        try (Scope scope = Scope.open()) {
            Variable x = Variable.parameter(random());
            Variable y = Whiten.apply(x, WhiteningMethod.ZCA, 0);
            assertThat(y.value().shape()).isEqualTo(x.value().shape());
            Scale.apply(y, 2).backward(Tensor.of(device, new float[2 * 12 * 3], 2, 12, 3));
            assertThat(x.grad()).isNotNull();
            assertThat(x.grad().toFloats()).containsOnly(0f);
        }
    }

    @Test
    void refusesOtherShapes() {
        try (Scope scope = Scope.open()) {
            Variable flat = Variable.constant(Tensor.zeros(device, 4, 3));
            assertThatThrownBy(() -> Whiten.apply(flat, WhiteningMethod.CHOLESKY, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("whiten: expected slices (batch, n, d), got shape (4, 3)");
        }
    }

    /** Two slices of twelve rows, columns of different spread. */
    private Tensor random() {
        Random random = new Random(5);
        float[] values = new float[2 * 12 * 3];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((1 + i % 3) * random.nextGaussian());
        }
        return Tensor.of(device, values, 2, 12, 3);
    }
}
