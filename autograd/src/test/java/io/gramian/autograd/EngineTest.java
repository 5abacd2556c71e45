package io.gramian.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.function.Add;
import io.gramian.autograd.function.Linear;
import io.gramian.autograd.function.Relu;
import io.gramian.autograd.function.Reshape;
import io.gramian.autograd.function.Rows;
import io.gramian.autograd.function.Scale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EngineTest {
    private final Device device = Device.cpu();

    private Variable parameter(float... values) {
        return Variable.parameter(Tensor.of(device, values, values.length));
    }

    private static float[] gradient(Variable parameter) {
        Tensor gradient = parameter.grad();
        assertThat(gradient).isNotNull();
        return gradient.toFloats();
    }

    @Test
    void aVariableUsedTwiceGetsBothGradients() {
        Variable x = parameter(3);
        try (Scope scope = Scope.open()) {
            Add.apply(Add.apply(x, x), Scale.apply(x, 5)).backward();
        }
        assertThat(gradient(x)).containsExactly(7);
        x.close();
    }

    @Test
    void gradientsAddUpOverPassesUntilCleared() {
        Variable x = parameter(1);
        for (int i = 1; i <= 3; i++) {
            try (Scope scope = Scope.open()) {
                Scale.apply(x, 2).backward();
            }
            assertThat(gradient(x)).containsExactly(2 * i);
        }
        x.clearGradient();
        assertThat(x.grad()).isNull();
        x.close();
    }

    @Test
    void aChainOfAHundredThousandNodesNeedsNoStack() {
        Variable x = parameter(1);
        long before = device.backend().memory().statistics().liveBytes();
        try (Scope scope = Scope.open()) {
            Variable y = x;
            for (int i = 0; i < 100_000; i++) {
                y = Scale.apply(y, 1);
            }
            y.backward();
        }
        assertThat(gradient(x)).containsExactly(1);
        x.clearGradient();
        assertThat(device.backend().memory().statistics().liveBytes()).isEqualTo(before);
        x.close();
    }

    @Test
    void aLadderOfSharedNodesIsVisitedOncePerNode() {
        Variable x = parameter(1);
        try (Scope scope = Scope.open()) {
            Variable y = x;
            for (int i = 0; i < 60; i++) {
                y = Scale.apply(Add.apply(y, y), 0.5);
            }
            y.backward(); // 2^60 paths
        }
        assertThat(gradient(x)).containsExactly(1);
        x.close();
    }

    @Test
    void detachAndNoGradStopTheGradient() {
        Variable x = parameter(2);
        try (Scope scope = Scope.open()) {
            Add.apply(Scale.apply(x, 3), Scale.apply(x, 5).detach()).backward();
            assertThat(gradient(x)).containsExactly(3);
            Variable constant = Autograd.noGrad(() -> Scale.apply(x, 4));
            assertThat(constant.requiresGradient()).isFalse();
            assertThat(Autograd.recording()).isTrue();
            assertThatThrownBy(constant::backward)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("does not depend on a parameter");
        }
        x.close();
    }

    @Test
    void changingASavedTensorIsReportedWithTheOperation() {
        Variable x = parameter(-1, 2);
        try (Scope scope = Scope.open()) {
            Variable y = Relu.apply(x);
            y.value().fill(0);
            assertThatThrownBy(() -> y.backward(Tensor.zeros(device, 2)))
                    .isInstanceOf(GramianException.class)
                    .hasMessage(
                            "Relu: the tensor y (2) is needed for the gradient but was changed in place after the forward"
                                    + " pass (version 2, saved at 1); change a copy instead");
        }
        x.close();
    }

    @Test
    void theGraphIsUsedOnce() {
        Variable x = parameter(1);
        try (Scope scope = Scope.open()) {
            Variable y = Scale.apply(x, 2);
            y.backward();
            assertThatThrownBy(y::backward)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("the graph behind Scale was used before");
        }
        x.close();
    }

    @Test
    void intermediateValuesAreFreedUnlessRetained() {
        Variable x = parameter(1);
        try (Scope scope = Scope.open()) {
            Variable kept = Scale.apply(x, 2).retain();
            Variable freed = Scale.apply(kept, 2);
            Variable root = Scale.apply(freed, 2);
            root.backward();
            assertThat(root.value().item()).isEqualTo(8);
            assertThat(kept.value().item()).isEqualTo(2);
            assertThatThrownBy(freed::value).hasMessageContaining("the output (1) of Scale was freed; call retain()");
        }
        x.close();
    }

    @Test
    void memoryIsFreedWhileBackwardRuns() {
        Variable x = parameter(new float[1 << 16]);
        long before = device.backend().memory().statistics().liveBytes();
        try (Scope scope = Scope.open()) {
            Variable y = x;
            for (int i = 0; i < 50; i++) {
                y = Relu.apply(y);
            }
            long forward = device.backend().memory().statistics().liveBytes() - before;
            y.backward(Tensor.zeros(device, 1 << 16));
            long after = device.backend().memory().statistics().liveBytes() - before;
            assertThat(forward).isEqualTo(50L << 18);
            assertThat(after).isEqualTo(2L << 18); // the root and the gradient of x
        }
        x.close();
    }

    @Test
    void backwardNeedsAScalarOrASeed() {
        Variable x = parameter(1, 2);
        try (Scope scope = Scope.open()) {
            Variable y = Scale.apply(x, 2);
            assertThatThrownBy(y::backward)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected a variable with one element, got shape (2)");
            assertThatThrownBy(() -> y.backward(Tensor.zeros(device, 3)))
                    .hasMessageContaining("seed: expected the shape");
        }
        x.close();
    }

    @Test
    void viewsPassTheirGradients() {
        Variable x = parameter(1, 2, 3, 4);
        try (Scope scope = Scope.open()) {
            Variable rows = Rows.apply(Reshape.apply(x, 2, 2), 1, 2);
            rows.backward(Tensor.of(device, new float[] {5, 6}, 1, 2));
        }
        assertThat(gradient(x)).containsExactly(0, 0, 5, 6);
        x.close();
    }

    private static final class WrongSquare extends Function {
        private WrongSquare(Variable x) {
            super("WrongSquare", x);
        }

        static Variable apply(Variable x) {
            float[] values = x.value().toFloats();
            for (int i = 0; i < values.length; i++) {
                values[i] *= values[i];
            }
            Tensor y = Tensor.of(x.value().device(), values, x.value().shape().toArray());
            return Autograd.records(x) ? new WrongSquare(x).output(y) : Variable.constant(y);
        }

        @Override
        protected @Nullable Tensor[] backward(Tensor dy) {
            return new Tensor[] {dy};
        }
    }

    @Test
    void gradientCheckNamesParameterAndIndex() {
        Variable x = parameter(0.5f, 3);
        Variable weight = Variable.parameter(Tensor.of(device, new float[] {1, 2}, 1, 2));
        GradientCheck.defaults()
                .check(() -> Linear.apply(Reshape.apply(x, 1, 2), weight, null), Map.of("x", x, "weight", weight));
        assertThatThrownBy(() -> GradientCheck.defaults().check(() -> WrongSquare.apply(x), Map.of("x", x)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("x[1]: gradient is");
        assertThatThrownBy(() -> GradientCheck.defaults().check(() -> Scale.apply(x, Double.NaN), Map.of("x", x)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("NaN");
        x.close();
        weight.close();
    }
}
