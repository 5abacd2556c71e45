package io.gramian.autograd.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GivenGradientTest {
    private final Device device = Device.cpu();

    @Test
    void eachInputGetsItsGradient() {
        try (Scope scope = Scope.open()) {
            Variable x = Variable.parameter(Tensor.of(device, new float[] {1, 2}, 2));
            Variable y = Variable.parameter(Tensor.of(device, new float[] {5}, 1));
            Variable end = GivenGradient.apply(
                    List.of(Scale.apply(x, 3), y),
                    List.of(Tensor.of(device, new float[] {10, -1}, 2), Tensor.of(device, new float[] {7}, 1)));
            assertThat(end.value().item()).isZero();
            end.backward();
            assertThat(Objects.requireNonNull(x.grad()).toFloats()).containsExactly(30, -3);
            assertThat(Objects.requireNonNull(y.grad()).toFloats()).containsExactly(7);
            x.close();
            y.close();
        }
    }

    @Test
    void withoutAGraphThereIsNothingToDo() {
        try (Scope scope = Scope.open()) {
            Variable x = Variable.constant(Tensor.zeros(device, 3));
            Variable end = Autograd.noGrad(() -> GivenGradient.apply(List.of(x), List.of(Tensor.zeros(device, 3))));
            assertThat(end.requiresGradient()).isFalse();
        }
    }

    @Test
    void badArgumentsAreRefused() {
        try (Scope scope = Scope.open()) {
            Variable x = Variable.constant(Tensor.zeros(device, 3));
            assertThatThrownBy(() -> GivenGradient.apply(List.of(), List.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("GivenGradient: expected at least one input, got none");
            assertThatThrownBy(() -> GivenGradient.apply(List.of(x), List.of(Tensor.zeros(device, 2))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("gradients[0]");
            assertThatThrownBy(() -> GivenGradient.apply(List.of(x), List.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("gradients");
        }
    }
}
