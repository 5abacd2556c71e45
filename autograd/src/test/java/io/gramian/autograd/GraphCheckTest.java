package io.gramian.autograd;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.function.Add;
import io.gramian.autograd.function.Linear;
import io.gramian.autograd.function.Relu;
import io.gramian.autograd.function.Scale;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GraphCheckTest {
    private final Device device = Device.cpu();
    private final Scope scope = Scope.open();
    private final Variable first = Variable.parameter(Tensor.empty(device, 2, 3).fill(1));
    private final Variable second =
            Variable.parameter(Tensor.empty(device, 1, 2).fill(1));
    private final Map<String, Variable> parameters = new LinkedHashMap<>();

    GraphCheckTest() {
        parameters.put("first.weight", first);
        parameters.put("second.weight", second);
    }

    @AfterEach
    void free() {
        scope.close();
        parameters.values().forEach(Variable::close);
    }

    private Variable images(float value) {
        return Variable.constant(Tensor.empty(device, 4, 3).fill(value));
    }

    private Variable network(Variable x) {
        return Linear.apply(Relu.apply(Linear.apply(x, first, null)), second, null);
    }

    private String bad(Variable root) {
        return GraphCheck.firstNotFinite(root, parameters).orElse("nothing");
    }

    @Test
    void finiteNumbersAreFine() {
        assertThat(bad(network(images(1)))).isEqualTo("nothing");
        assertThat(bad(images(Float.NaN))).as("nothing was computed").isEqualTo("nothing");
    }

    @Test
    void parametersComeFirst() {
        second.value().fill(Float.POSITIVE_INFINITY);
        assertThat(bad(network(images(Float.NaN)))).isEqualTo("the parameter second.weight, (1, 2)");
    }

    @Test
    void thenInputs() {
        assertThat(bad(network(images(Float.NaN)))).isEqualTo("an input of Linear with first.weight, (4, 3)");
        Variable y = Add.apply(
                network(images(1)), Variable.constant(Tensor.empty(device, 4, 1).fill(Float.NaN)));
        assertThat(bad(y)).isEqualTo("an input of Add after Linear with second.weight, (4, 1)");
    }

    @Test
    void thenOutputsInTheOrderOfTheComputation() {
        first.value().fill(1e30f);
        assertThat(bad(network(images(1e30f)))).isEqualTo("the output of Linear with first.weight, (4, 2)");
        assertThat(bad(network(images(1e7f)))).isEqualTo("nothing");
        second.value().fill(1e30f);
        assertThat(bad(network(images(1e7f)))).isEqualTo("the output of Linear with second.weight, (4, 1)");
        first.value().fill(1);
        second.value().fill(1);
        assertThat(bad(Scale.apply(Relu.apply(network(images(1))), 1e39)))
                .isEqualTo("the output of Scale after Relu, (4, 1)");
    }

    /** Two branches: the one that ran first is named, wherever it stands among the inputs. */
    @Test
    void theOlderBranchIsNamed() {
        Variable older = Scale.apply(Linear.apply(images(1), first, null), 1e39);
        Variable newer = Relu.apply(Scale.apply(Linear.apply(images(1), first, null), -1e39));
        String expected = "the output of Scale after Linear with first.weight, (4, 2)";
        assertThat(bad(Add.apply(older, newer))).isEqualTo(expected);
        assertThat(bad(Add.apply(newer, older))).isEqualTo(expected);
    }

    @Test
    void longGraphsNeedNoStack() {
        Variable y = network(images(1));
        for (int i = 0; i < 20_000; i++) {
            y = Scale.apply(y, 1);
        }
        assertThat(bad(Scale.apply(y, 1e39))).isEqualTo("the output of Scale after Scale, (4, 1)");
    }

    @Test
    void tensorsAreChecked() {
        assertThat(GraphCheck.isFinite(Tensor.zeros(device, 0))).isTrue();
        assertThat(GraphCheck.isFinite(Tensor.empty(device, 3).fill(Float.MAX_VALUE)))
                .isTrue();
        assertThat(GraphCheck.isFinite(Tensor.of(device, new float[] {1, 2, Float.NaN}, 3)))
                .isFalse();
        assertThat(GraphCheck.isFinite(Tensor.of(device, new float[] {Float.NEGATIVE_INFINITY}, 1)))
                .isFalse();
    }
}
