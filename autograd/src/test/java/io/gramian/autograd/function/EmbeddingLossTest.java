package io.gramian.autograd.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.GradientCheck;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.Generator;
import io.gramian.loss.BarlowTwins;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.NtXent;
import io.gramian.loss.VicReg;
import io.gramian.loss.WMse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EmbeddingLossTest {
    private static final int N = 12;
    private static final int D = 5;

    private final Device device = Device.cpu();
    private final Variable a = Variable.parameter(Generator.of(3).split(1).normal(device, 1, N, D));
    private final Variable b = Variable.parameter(Generator.of(3).split(2).normal(device, 1, N, D));

    @AfterEach
    void free() {
        a.close();
        b.close();
    }

    private static List<MultiViewLoss> losses() {
        return List.of(new NtXent(0.5f), BarlowTwins.defaults(), VicReg.defaults(), new WMse(N, 1, 0.01f, true, 1));
    }

    /** {@code d(factor L + L)/dz = (factor + 1) dL/dz}: exactly, where the factor and its sum are powers of two. */
    @Test
    void theUpstreamGradientScales() {
        for (MultiViewLoss loss : losses()) {
            try (Scope scope = Scope.open()) {
                Tensor da = Tensor.empty(device, N, D);
                Tensor db = Tensor.empty(device, N, D);
                double value = loss.valueAndGradient(List.of(a.value(), b.value()), List.of(da, db));
                for (float factor : new float[] {-4, 0.25f, 0, 1}) {
                    Variable scaled = Scale.apply(EmbeddingLoss.apply(loss, List.of(a, b)), factor);
                    assertThat(scaled.value().item()).isCloseTo((float) (factor * value), within(1e-4f));
                    scaled.backward();
                    assertThat(grad(a)).as(loss.name() + " times " + factor).containsExactly(times(factor, da));
                    assertThat(grad(b)).as(loss.name() + " times " + factor).containsExactly(times(factor, db));
                    a.clearGradient();
                    b.clearGradient();
                }
                Variable once = EmbeddingLoss.apply(loss, List.of(a, b));
                Add.apply(once, Scale.apply(once, 3)).backward();
                assertThat(grad(a)).as(loss.name() + ", used twice").containsExactly(times(4, da));
                a.clearGradient();
                b.clearGradient();
            }
        }
    }

    /** The check's cotangent is a random number: an upstream gradient that is neither 1 nor a power of two. */
    @Test
    void gradientsAgreeWithDifferences() {
        for (MultiViewLoss loss : losses()) {
            new GradientCheck(1e-3, 2e-2, 20, 5)
                    .check(() -> EmbeddingLoss.apply(loss, List.of(a, b)), Map.of("a", a, "b", b));
        }
    }

    @Test
    void constantViewsGetNoGradient() {
        try (Scope scope = Scope.open()) {
            EmbeddingLoss.apply(new NtXent(0.5f), List.of(a, b.detach())).backward();
            assertThat(grad(a)).isNotEmpty();
            assertThat(b.grad()).isNull();
            Variable value = Autograd.noGrad(() -> EmbeddingLoss.apply(new NtXent(0.5f), List.of(a, b)));
            assertThat(value.requiresGradient()).isFalse();
            assertThat((double) value.value().item())
                    .isCloseTo(new NtXent(0.5f).value(List.of(a.value(), b.value())), within(1e-6));
        }
    }

    @Test
    void refusesNoViews() {
        assertThatThrownBy(() -> EmbeddingLoss.apply(new NtXent(0.5f), List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected at least one view, got none");
    }

    private static float[] times(float factor, Tensor gradient) {
        float[] values = gradient.toFloats();
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
        return values;
    }

    private static float[] grad(Variable variable) {
        Tensor gradient = variable.grad();
        assertThat(gradient).isNotNull();
        return gradient.toFloats();
    }
}
