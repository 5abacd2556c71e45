package io.gramian.autograd.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.GradientCheck;
import io.gramian.autograd.Variable;
import io.gramian.loss.Byol;
import io.gramian.loss.PredictiveLoss;
import io.gramian.loss.SimSiam;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PredictionLossTest {
    private final Device device = Device.cpu();

    @Test
    void gradientsAreTheSlopes() {
        List<Tensor> targets = List.of(random(3), random(4));
        for (PredictiveLoss loss : List.of(SimSiam.defaults(), Byol.defaults())) {
            Variable one = Variable.parameter(random(1));
            Variable other = Variable.parameter(random(2));
            new GradientCheck(1e-2, 1e-2, 12, 5)
                    .check(
                            () -> Scale.apply(PredictionLoss.apply(loss, List.of(one, other), targets), 3),
                            Map.of("p1", one, "p2", other));
            one.close();
            other.close();
        }
        targets.forEach(Tensor::close);
    }

    @Test
    void withoutRecordingTheValueAlone() {
        try (Scope scope = Scope.open()) {
            List<Tensor> targets = List.of(random(3), random(4));
            List<Tensor> predictions = List.of(random(1), random(2));
            List<Variable> variables =
                    predictions.stream().map(Variable::parameter).toList();
            Variable value = Autograd.noGrad(() -> PredictionLoss.apply(SimSiam.defaults(), variables, targets));
            assertThat(value.requiresGradient()).isFalse();
            assertThat(value.value().item())
                    .isEqualTo((float) SimSiam.defaults().value(predictions, targets));
            assertThatThrownBy(() -> PredictionLoss.apply(SimSiam.defaults(), List.of(), targets))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("simsiam: expected 2 predictions, got none");
        }
    }

    private Tensor random(long seed) {
        Random random = new Random(seed);
        float[] values = new float[6 * 5];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(device, values, 6, 5);
    }
}
