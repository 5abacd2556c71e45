package io.gramian.autograd.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Scale;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class OptimizersTest {
    private final Device device = Device.cpu();

    private Map<String, Variable> parameters() {
        Map<String, Variable> parameters = new LinkedHashMap<>();
        parameters.put("weight", Variable.parameter(Tensor.of(device, new float[] {3, 4}, 1, 2)));
        parameters.put("bias", Variable.parameter(Tensor.of(device, new float[] {1}, 1)));
        return parameters;
    }

    /** Gradient of every value is 1. */
    private void backward(Map<String, Variable> parameters) {
        try (Scope scope = Scope.open()) {
            parameters.values().forEach(parameter -> Scale.apply(parameter, 1)
                    .backward(Tensor.empty(device, parameter.value().shape().toArray())
                            .fill(1)));
        }
    }

    private static float[] values(Map<String, Variable> parameters, String name) {
        return parameters.get(name).value().toFloats();
    }

    @Test
    void sgdWithMomentumAndWeightDecay() {
        Map<String, Variable> parameters = parameters();
        try (Sgd sgd = new Sgd(parameters, new Sgd.Settings(0.5, 0.1, false))) {
            backward(parameters);
            sgd.step(0.1); // bias: g = 1.1, m = 1.1, p = 0.89
            sgd.zeroGrad();
            backward(parameters);
            sgd.step(0.1); // g = 1.089, m = 1.639, p = 0.7261
            assertThat(values(parameters, "bias")[0]).isCloseTo(0.7261f, within(1e-6f));
            assertThat(sgd.steps()).isEqualTo(2);
            assertThat(sgd.state().keySet()).containsExactly("momentum.weight", "momentum.bias");
        }
        parameters.values().forEach(Variable::close);
    }

    @Test
    void theGradientThatWentBadFirstIsNamed() {
        Map<String, Variable> parameters = parameters();
        try (Sgd sgd = new Sgd(parameters, new Sgd.Settings(0.5, 0, false))) {
            assertThat(sgd.firstBadGradient()).as("no gradients yet").isEmpty();
            backward(parameters);
            assertThat(sgd.firstBadGradient()).isEmpty();
            Tensor weight = parameters.get("weight").grad();
            Tensor bias = parameters.get("bias").grad();
            weight.fill(Float.NaN);
            assertThat(sgd.firstBadGradient()).contains("weight");
            bias.fill(Float.POSITIVE_INFINITY);
            assertThat(sgd.firstBadGradient()).contains("bias"); // the backward pass comes from behind
            parameters.get("weight").clearGradient();
            assertThat(sgd.firstBadGradient()).contains("bias");
        }
        parameters.values().forEach(Variable::close);
    }

    @Test
    void adamMovesByTheRateAtFirst() {
        Map<String, Variable> parameters = parameters();
        try (Adam adam = new Adam(parameters, Adam.Settings.decaying(0))) {
            backward(parameters);
            adam.step(0.25);
            assertThat(values(parameters, "weight")).containsExactly(new float[] {2.75f, 3.75f}, within(1e-5f));
            assertThat(adam.state().keySet())
                    .containsExactly("mean.weight", "mean.bias", "square.weight", "square.bias");
        }
        parameters.values().forEach(Variable::close);
    }

    @Test
    void adamWShrinksFirst() {
        Map<String, Variable> parameters = parameters();
        try (AdamW adam = new AdamW(parameters, Adam.Settings.decaying(0.1))) {
            backward(parameters);
            adam.step(0.5); // 1 (1 - 0.05) - 0.5
            assertThat(values(parameters, "bias")[0]).isCloseTo(0.45f, within(1e-5f));
        }
        parameters.values().forEach(Variable::close);
    }

    @Test
    void larsScalesMatricesAndLeavesVectors() {
        Map<String, Variable> parameters = parameters();
        try (Lars lars = new Lars(parameters, Lars.Settings.decayedNorm(0).vectorRate(0.5))) {
            backward(parameters);
            lars.step(2);
            float moved = (float) (2 * 0.001 * 5 / Math.sqrt(2));
            assertThat(values(parameters, "weight")).containsExactly(new float[] {3 - moved, 4 - moved}, within(1e-6f));
            assertThat(values(parameters, "bias")).containsExactly(0);
        }
        parameters.values().forEach(Variable::close);
    }

    @Test
    void lambMovesByTheNormOfTheParameter() {
        Map<String, Variable> parameters = parameters();
        try (Lamb lamb = new Lamb(parameters, new Adam.Settings(0.9, 0.999, 0, 0.1))) {
            lamb.exclude("bias");
            lamb.rateFactor("weight", 0.5);
            backward(parameters);
            lamb.step(0.1);
            // u = 1 + 0.1 p = (1.3, 1.4); p -= 0.05 * 5 / |u| * u
            float moved = (float) (0.05 * 5 / Math.hypot(1.3, 1.4));
            assertThat(values(parameters, "weight"))
                    .containsExactly(new float[] {3 - moved * 1.3f, 4 - moved * 1.4f}, within(1e-5f));
            assertThat(values(parameters, "bias")).containsExactly(new float[] {0.9f}, within(1e-5f));
        }
        parameters.values().forEach(Variable::close);
    }

    @Test
    void parametersMayHaveRatesOfTheirOwnAndNoDecay() {
        Map<String, Variable> parameters = parameters();
        try (Sgd sgd = new Sgd(parameters, new Sgd.Settings(0, 0.5, false))) {
            sgd.exclude("bias");
            sgd.rateFactor("weight", 0);
            backward(parameters);
            sgd.step(0.1);
            assertThat(values(parameters, "weight")).containsExactly(3, 4);
            assertThat(values(parameters, "bias")).containsExactly(new float[] {0.9f}, within(1e-6f));
            assertThatThrownBy(() -> sgd.exclude("biass"))
                    .hasMessage("parameter: expected one of [weight, bias], got biass");
            assertThatThrownBy(() -> sgd.rateFactor("bias", Double.NaN)).hasMessageContaining("factor");
        }
        parameters.values().forEach(Variable::close);
    }

    @Test
    void theGradientsOfAllParametersHaveOneNorm() {
        Map<String, Variable> parameters = parameters();
        assertThat(new GradientClip(1).apply(parameters.values()).get()).isZero();
        backward(parameters);
        assertThat(new GradientClip(Double.POSITIVE_INFINITY)
                        .apply(parameters.values())
                        .get())
                .isCloseTo(Math.sqrt(3), within(1e-12));
        new GradientClip(0.5).apply(parameters.values());
        parameters.values().forEach(parameter -> assertThat(parameter.grad().toFloats())
                .containsOnly((float) (0.5 / Math.sqrt(3)), (float) (0.5 / Math.sqrt(3))));
        assertThatThrownBy(() -> new GradientClip(0)).hasMessage("most: expected a norm above 0, got 0.0");
        parameters.values().forEach(Variable::close);
    }

    @Test
    void everyOptimiserContinuesFromItsState() {
        List<Function<Map<String, Variable>, Optimizer>> all = List.of(
                map -> new Sgd(map, new Sgd.Settings(0.9, 1e-4, true)),
                map -> new Adam(map, Adam.Settings.decaying(1e-4)),
                map -> new AdamW(map, Adam.Settings.decaying(1e-2)),
                map -> new Lamb(map, Adam.Settings.decaying(1e-2)),
                map -> new Lars(map, Lars.Settings.clipped(1e-4, 0.02)));
        for (Function<Map<String, Variable>, Optimizer> make : all) {
            Map<String, Variable> through = parameters();
            Map<String, Variable> resumed = parameters();
            try (Optimizer one = make.apply(through);
                    Optimizer two = make.apply(resumed)) {
                backward(through);
                one.step(0.1);
                two.steps(one.steps());
                two.state()
                        .forEach((name, tensor) -> tensor.copyFrom(one.state().get(name)));
                resumed.forEach((name, parameter) ->
                        parameter.value().copyFrom(through.get(name).value()));
                backward(through);
                one.step(0.2);
                one.zeroGrad();
                backward(through);
                one.step(0.2);
                resumed.values().forEach(Variable::clearGradient);
                backward(resumed);
                backward(resumed);
                two.step(0.2);
                two.zeroGrad();
                backward(resumed);
                two.step(0.2);
                assertThat(values(resumed, "weight")).containsExactly(values(through, "weight"));
                assertThat(values(resumed, "bias")).containsExactly(values(through, "bias"));
            }
            through.values().forEach(Variable::close);
            resumed.values().forEach(Variable::close);
        }
    }

    @Test
    void withoutGradientNothingMoves() {
        Map<String, Variable> parameters = parameters();
        try (Sgd sgd = new Sgd(parameters, new Sgd.Settings(0, 0, false))) {
            sgd.step(1);
            assertThat(values(parameters, "weight")).containsExactly(3, 4);
            assertThatThrownBy(() -> sgd.step(Double.NaN)).hasMessageContaining("learningRate");
        }
        parameters.values().forEach(Variable::close);
    }
}
