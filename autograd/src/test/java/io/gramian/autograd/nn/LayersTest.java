package io.gramian.autograd.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.GradientCheck;
import io.gramian.autograd.Variable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LayersTest {
    private final Device device = Device.cpu();
    private final Generator generator = Generator.of(7);

    private Variable input(long... sizes) {
        return Variable.parameter(generator.split(99).normal(device, 1, sizes));
    }

    /** Gradients of the input and of every parameter against central differences. */
    private void check(Module module, Variable x) {
        Map<String, Variable> all = new LinkedHashMap<>(module.parameters());
        all.put("x", x);
        new GradientCheck(2e-2, 1e-2, 12, 3).check(() -> module.forward(x), all);
        module.close();
        x.close();
    }

    private Conv2d convolution(int in, int out, int size, int stride, int padding, boolean bias) {
        return new Conv2d(device, new Conv2d.Settings(in, out, size, stride, padding, bias), Init.PYTORCH, generator);
    }

    @Test
    void linear() {
        check(new Linear(device, 5, 3, true, Init.PYTORCH, generator), input(4, 5));
        check(new Linear(device, 1, 1, false, Init.KAIMING_FAN_IN, generator), input(1, 1));
    }

    @Test
    void convolutions() {
        check(convolution(3, 4, 3, 1, 1, true), input(2, 5, 7, 3));
        check(convolution(3, 4, 3, 2, 1, false), input(2, 7, 5, 3));
        check(convolution(2, 3, 1, 2, 0, false), input(2, 5, 5, 2));
        check(convolution(1, 2, 7, 2, 3, false), input(1, 9, 9, 1));
        check(convolution(8, 16, 3, 1, 1, false), input(2, 4, 4, 8));
    }

    @Test
    void batchNorms() {
        check(new BatchNorm(device, 3, true), input(8, 3));
        check(new BatchNorm(device, 3, false), input(2, 2, 2, 3));
        BatchNorm evaluated = new BatchNorm(device, 3, true);
        evaluated.training(false);
        check(evaluated, input(4, 3));
    }

    @Test
    void pools() {
        check(new MaxPool2d(2, 2, 0), distinct(1, 4, 4, 2));
        check(new MaxPool2d(3, 2, 1), distinct(1, 5, 5, 2));
        check(new AveragePool2d(2, 1), input(2, 3, 4, 3));
        check(new GlobalAveragePool(), input(2, 3, 5, 4));
    }

    /** Values that differ by more than the step of the check, so that a maximum stays where it is. */
    private Variable distinct(long... sizes) {
        Tensor tensor = Tensor.empty(device, sizes);
        float[] values = new float[(int) tensor.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 0.1f * (i * 37 % values.length);
        }
        return Variable.parameter(tensor.copyFrom(values));
    }

    /**
     * Identity and projected shortcut, starting as their shortcut or not. A difference across the kink of a ReLU is wrong,
     * so few values may lie near it: offsets of 1.5 up or down, and a small step.
     */
    @Test
    void residualBlocks() {
        for (int stride = 1; stride <= 2; stride++) {
            for (boolean zeroInit : new boolean[] {false, true}) {
                BasicBlock block = new BasicBlock(device, 3, 3 * stride, stride, zeroInit, generator);
                Variable x = input(3, 6, 5, 3);
                try (Scope scope = Scope.open()) {
                    assertThat(block.forward(x).value().shape().toArray())
                            .containsExactly(3, 6 / stride, (5 + stride - 1) / stride, 3 * stride);
                }
                Map<String, Variable> all = new LinkedHashMap<>(block.parameters());
                all.put("x", x);
                for (String bias : List.of("bn1.bias", "bn2.bias")) {
                    float[] offsets = all.get(bias).value().toFloats();
                    for (int c = 0; c < offsets.length; c++) {
                        offsets[c] = c % 2 == 0 ? 1.5f : -1.5f;
                    }
                    all.get(bias).value().copyFrom(offsets);
                }
                new GradientCheck(5e-4, 2e-2, 12, 3).check(() -> block.forward(x), all);
                block.close();
                x.close();
            }
        }
    }

    @Test
    void fusedNormAndReluGiveWhatTheirPartsGive() {
        try (Scope scope = Scope.open();
                BatchNorm norm = new BatchNorm(device, 6, true)) {
            Variable x = input(9, 6);
            Variable residual = input(9, 6);
            Tensor fused = norm.forward(x, residual, true).value();
            Variable sum = io.gramian.autograd.function.Add.apply(norm.forward(x), residual);
            assertThat(fused.toFloats())
                    .containsExactly(new Relu().forward(sum).value().toFloats());
            x.close();
            residual.close();
        }
    }

    @Test
    void fusedResidualGradientsAgreeWithTheirParts() {
        Variable x = input(9, 6);
        Variable residual = Variable.parameter(generator.split(5).normal(device, 1, 9, 6));
        float[][] expected = null;
        for (boolean fused : new boolean[] {false, true}) {
            try (Scope scope = Scope.open();
                    BatchNorm norm = new BatchNorm(device, 6, true)) {
                Variable y = fused
                        ? norm.forward(x, residual, true)
                        : new Relu().forward(io.gramian.autograd.function.Add.apply(norm.forward(x), residual));
                y.backward(generator.split(6).normal(device, 1, 9, 6));
                float[][] actual = {
                    grad(x),
                    grad(residual),
                    grad(norm.parameters().get("weight")),
                    grad(norm.parameters().get("bias"))
                };
                if (expected == null) {
                    expected = actual;
                }
                for (int i = 0; i < actual.length; i++) {
                    assertThat(actual[i]).containsExactly(expected[i], org.assertj.core.data.Offset.offset(1e-6f));
                }
                x.clearGradient();
                residual.clearGradient();
            }
        }
        x.close();
        residual.close();
    }

    private static float[] grad(Variable variable) {
        Tensor gradient = variable.grad();
        assertThat(gradient).isNotNull();
        return gradient.toFloats();
    }

    @Test
    void runningStatisticsServeEvaluation() {
        try (Scope scope = Scope.open();
                BatchNorm norm = new BatchNorm(device, 1, false)) {
            Variable x = Variable.constant(Tensor.of(device, new float[] {1, 3}, 2, 1));
            for (int i = 0; i < 200; i++) {
                norm.forward(x);
            }
            assertThat(norm.buffers().get("running_mean").item())
                    .isEqualTo(2, org.assertj.core.data.Offset.offset(1e-4f));
            assertThat(norm.buffers().get("running_var").item())
                    .isEqualTo(2, org.assertj.core.data.Offset.offset(1e-4f));
            norm.training(false);
            float[] y = Autograd.noGrad(() -> norm.forward(x)).value().toFloats();
            assertThat(y[1]).isEqualTo((float) Math.sqrt(0.5), org.assertj.core.data.Offset.offset(1e-3f));
        }
    }

    @Test
    void namesAreTakenOnce() {
        try (Sequential sequential = new Sequential(convolution(1, 2, 1, 1, 0, true), new BatchNorm(device, 2, true))) {
            assertThat(sequential.parameters().keySet()).containsExactly("0.weight", "0.bias", "1.weight", "1.bias");
            assertThat(sequential.buffers().keySet()).containsExactly("1.running_mean", "1.running_var");
            assertThatThrownBy(() -> sequential.add("0", new Relu())).hasMessageContaining("got 0 twice");
        }
    }

    @Test
    void theSeedDecidesTheWeights() {
        assertThat(Generator.of(1).uniform(0))
                .isEqualTo(Generator.of(1).uniform(0))
                .isNotEqualTo(Generator.of(2).uniform(0));
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < 10_000; i++) {
            double value = generator.normal(i);
            sum += value;
            squares += value * value;
        }
        assertThat(sum / 10_000).isBetween(-0.05, 0.05);
        assertThat(squares / 10_000).isBetween(0.95, 1.05);
    }
}
