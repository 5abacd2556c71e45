package io.gramian.autograd.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.GradientCheck;
import io.gramian.autograd.Variable;
import io.gramian.loss.FeaturePenalty;
import io.gramian.loss.GramSide;
import io.gramian.loss.OffDiagonalAbsolute;
import io.gramian.loss.OffDiagonalExponential;
import io.gramian.loss.OffDiagonalPenalty;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CovarianceFunctionsTest {
    private static final List<FeaturePenalty> PENALTIES = List.of(
            new OffDiagonalPenalty(8, GramSide.AUTO), new OffDiagonalAbsolute(8), new OffDiagonalExponential(8, 0.5f));

    private final Device device = Device.cpu();

    @Test
    void gradientsOfCorrelationsAreTheSlopes() {
        Variable a = Variable.parameter(random(1, 9, 3));
        Variable b = Variable.parameter(random(2, 9, 4));
        new GradientCheck(1e-2, 1e-2, 40, 3).check(() -> CrossCorrelation.apply(a, b, 1e-5f), Map.of("a", a, "b", b));
        a.close();
        b.close();
    }

    @Test
    void correlationsOfAMatrixWithItselfHaveOnesOnTheDiagonal() {
        try (Scope scope = Scope.open()) {
            Variable z = Variable.constant(random(3, 20, 3));
            float[] c = CrossCorrelation.apply(z, z, 1e-9f).value().toFloats();
            for (int i = 0; i < 3; i++) {
                assertThat(c[4 * i]).isCloseTo(1, within(1e-5f));
                for (int j = 0; j < 3; j++) {
                    assertThat(c[3 * i + j]).isEqualTo(c[3 * j + i]);
                }
            }
        }
    }

    @Test
    void onlyTheSideThatNeedsAGradientGetsOne() {
        try (Scope scope = Scope.open()) {
            Variable a = Variable.parameter(random(4, 9, 3));
            Variable b = Variable.constant(random(5, 9, 4));
            Variable c = CrossCorrelation.apply(a, b, 1e-5f);
            c.backward(random(6, 3, 4));
            assertThat(a.grad()).isNotNull();
            assertThat(b.grad()).isNull();
        }
    }

    @Test
    void gradientsOfPenaltiesAreTheSlopes() {
        for (FeaturePenalty penalty : PENALTIES) {
            Variable z = Variable.parameter(random(7, 6, 4));
            new GradientCheck(5e-3, 1e-2, 24, 3).check(() -> OffDiagonal.apply(penalty, z), Map.of("z", z));
            z.close();
        }
    }

    @Test
    void penaltiesTakeTheUpstreamFactor() {
        for (FeaturePenalty penalty : PENALTIES) {
            try (Scope scope = Scope.open()) {
                Variable z = Variable.parameter(random(8, 6, 4));
                Tensor expected = Tensor.empty(device, 6, 4);
                double value = penalty.valueAndGradient(z.value(), expected);
                Variable loss = OffDiagonal.apply(penalty, z);
                assertThat(loss.value().item()).isEqualTo((float) value);
                Scale.apply(loss, -3).backward();
                float[] gradient = z.grad().toFloats();
                float[] once = expected.toFloats();
                for (int i = 0; i < gradient.length; i++) {
                    assertThat(gradient[i]).as(penalty.name()).isEqualTo(-3 * once[i]);
                }
            }
        }
    }

    @Test
    void penaltiesOfConstantsAreConstants() {
        try (Scope scope = Scope.open()) {
            Variable z = Variable.constant(random(9, 6, 4));
            for (FeaturePenalty penalty : PENALTIES) {
                Variable loss = OffDiagonal.apply(penalty, z);
                assertThat(loss.requiresGradient()).isFalse();
                assertThat(loss.value().item()).isEqualTo((float) penalty.value(z.value()));
            }
        }
    }

    @Test
    void badShapesAreRefused() {
        try (Scope scope = Scope.open()) {
            Variable z = Variable.constant(Tensor.zeros(device, 2, 3, 4));
            Variable matrix = Variable.constant(Tensor.zeros(device, 5, 4));
            Variable shorter = Variable.constant(Tensor.zeros(device, 4, 4));
            assertThatThrownBy(() -> OffDiagonal.apply(PENALTIES.get(0), z))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("z: expected a matrix (n, d), got shape (2, 3, 4)");
            assertThatThrownBy(() -> CrossCorrelation.apply(z, matrix, 1e-5f))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a: expected a matrix (n, d), got shape (2, 3, 4)");
            assertThatThrownBy(() -> CrossCorrelation.apply(matrix, shorter, 1e-5f))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> CrossCorrelation.apply(matrix, matrix, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("eps:");
        }
    }

    private Tensor random(long seed, int n, int d) {
        Random random = new Random(seed);
        float[] values = new float[n * d];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(device, values, n, d);
    }
}
