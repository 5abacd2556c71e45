package io.gramian.autograd.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.GradientCheck;
import io.gramian.autograd.Variable;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConcatenateTest {
    private final Device device = Device.cpu();

    private Tensor tensor(float first, long... sizes) {
        Tensor tensor = Tensor.empty(device, sizes);
        float[] values = new float[(int) tensor.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = first + i;
        }
        return tensor.copyFrom(values);
    }

    @Test
    void rowsStandBelowEachOther() {
        try (Scope scope = Scope.open()) {
            Tensor y = Concatenate.joined(List.of(tensor(1, 1, 2), tensor(10, 2, 2), tensor(0, 0, 2)));
            assertThat(y.shape().toArray()).containsExactly(3, 2);
            assertThat(y.toFloats()).containsExactly(1, 2, 10, 11, 12, 13);
            Tensor bytes = Tensor.ofBytes(device, new byte[] {1, 2}, 2);
            assertThat(Concatenate.joined(List.of(bytes, bytes)).toBytes()).containsExactly(1, 2, 1, 2);
            assertThat(Concatenate.joined(List.of(bytes, bytes)).dtype()).isEqualTo(DType.UINT8);
        }
    }

    @Test
    void eachInputGetsItsRowsOfTheGradient() {
        Variable a = Variable.parameter(tensor(1, 1, 2, 1));
        Variable b = Variable.parameter(tensor(2, 2, 2, 1));
        Variable c = Variable.constant(tensor(3, 1, 2, 1));
        try (Scope scope = Scope.open()) {
            Variable y = Concatenate.apply(List.of(a, c, b, a));
            assertThat(y.value().shape().toArray()).containsExactly(5, 2, 1);
            y.backward(tensor(1, 5, 2, 1));
        }
        assertThat(gradient(a)).containsExactly(1 + 9, 2 + 10); // a stands first and last
        assertThat(gradient(b)).containsExactly(5, 6, 7, 8);
        assertThat(c.grad()).isNull();
        a.clearGradient();
        b.clearGradient();
        GradientCheck.defaults()
                .check(() -> Scale.apply(Concatenate.apply(List.of(b, a)), 0.5), Map.of("a", a, "b", b));
        a.close();
        b.close();
        c.value().close();
    }

    @Test
    void theInverseOfRows() {
        Variable x = Variable.parameter(tensor(1, 5, 3));
        try (Scope scope = Scope.open()) {
            Variable y = Concatenate.apply(List.of(Rows.apply(x, 0, 2), Rows.apply(x, 2, 5)));
            assertThat(y.value().toFloats()).containsExactly(x.value().toFloats());
            y.backward(tensor(100, 5, 3));
            assertThat(gradient(x)).containsExactly(tensor(100, 5, 3).toFloats());
        }
        x.close();
    }

    @Test
    void withoutRecordingTheResultIsAConstant() {
        Variable x = Variable.parameter(tensor(1, 1, 2));
        try (Scope scope = Scope.open()) {
            assertThat(Autograd.noGrad(() -> Concatenate.apply(List.of(x, x))).requiresGradient())
                    .isFalse();
            Variable constant = x.detach();
            assertThat(Concatenate.apply(List.of(constant, constant)).requiresGradient())
                    .isFalse();
        }
        x.close();
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (Scope scope = Scope.open()) {
            assertThatThrownBy(() -> Concatenate.apply(List.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Concatenate: expected at least one input, got none");
            assertThatThrownBy(() -> Concatenate.joined(List.of(tensor(1, 2, 3), tensor(1, 2, 4))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("inputs[1]: expected FLOAT32 (n, 3) as inputs[0], got FLOAT32 (2, 4)");
            assertThatThrownBy(() -> Concatenate.joined(List.of(tensor(1, 2, 3), tensor(1, 6))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("inputs[1]: expected FLOAT32 (n, 3) as inputs[0], got FLOAT32 (6)");
            assertThatThrownBy(() -> Concatenate.joined(List.of(tensor(1, 2), Tensor.ofBytes(device, new byte[2], 2))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("inputs[1]: expected FLOAT32 (n) as inputs[0], got UINT8 (2)");
        }
    }

    private static float[] gradient(Variable variable) {
        Tensor gradient = variable.grad();
        assertThat(gradient).isNotNull();
        return gradient.toFloats();
    }
}
