package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.GradientCheck;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Add;
import io.gramian.autograd.function.AveragePool;
import io.gramian.autograd.function.BatchNormalize;
import io.gramian.autograd.function.MaxPool;
import io.gramian.autograd.function.Relu;
import io.gramian.autograd.function.Scale;
import io.gramian.backend.BatchNormalization.Running;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Gradients of layers on the SIMT device against central differences: nothing on the way takes its memory for the host's. */
class SimtGradientCheckTest {
    private final Device device = DeviceUnderTest.get();
    private final GradientCheck check = new GradientCheck(1e-2, 1e-2, 6, 3);

    /** Numbers that no step of the check moves across 0 or across each other. */
    private Variable apart(long... sizes) {
        int count = 1;
        for (long size : sizes) {
            count *= (int) size;
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (i * 7 % count - count / 2 + 0.5f) / 4;
        }
        return Variable.parameter(Tensor.of(device, values, sizes));
    }

    @ParameterizedTest
    @CsvSource({"true,true", "true,false", "false,true"})
    void batchNormalization(boolean batchStatistics, boolean withResidual) {
        try (Scope scope = Scope.open()) {
            Variable x = apart(5, 3);
            Variable gamma = Variable.parameter(Tensor.of(device, new float[] {1, -2, 0.5f}, 3));
            Variable beta = Variable.parameter(Tensor.of(device, new float[] {3, 1, -0.3f}, 3));
            Variable residual = Variable.parameter(Truth.tensor(device, Truth.gaussian(8, 15), 5, 3));
            Running running =
                    new Running(Tensor.zeros(device, 3), Tensor.empty(device, 3).fill(1), 0.1f);
            BatchNormalize.Settings settings =
                    new BatchNormalize.Settings(1e-5f, batchStatistics, true, running, withResidual);
            Map<String, Variable> all = withResidual
                    ? Map.of("x", x, "gamma", gamma, "beta", beta, "residual", residual)
                    : Map.of("x", x, "gamma", gamma, "beta", beta);
            check.check(() -> BatchNormalize.apply(x, gamma, beta, withResidual ? residual : null, settings), all);
        }
    }

    @Test
    void poolingAndSums() {
        try (Scope scope = Scope.open()) {
            Variable x = apart(2, 4, 6, 3);
            check.check(() -> MaxPool.apply(x, 3, 2, 1), Map.of("x", x));
            check.check(() -> AveragePool.apply(x, 2, 3, 2), Map.of("x", x));
            check.check(() -> Relu.apply(Add.apply(Scale.apply(x, -1.5), x)), Map.of("x", x));
            assertThat(x.value().device()).isSameAs(device);
        }
    }
}
