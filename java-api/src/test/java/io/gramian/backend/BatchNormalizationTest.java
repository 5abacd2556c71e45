package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.BatchNormalization.Epilogue;
import io.gramian.backend.BatchNormalization.Forward;
import io.gramian.backend.BatchNormalization.Running;
import io.gramian.reference.BatchNormReference;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchNormalizationTest {
    private static final float EPS = 1e-5f;

    private final Device device = Device.cpu();
    private final BatchNormalization kernels = device.backend().network().batchNormalization();

    @Test
    void oneAndThreeBecomeMinusOneAndOne() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(device, new float[] {1, 3}, 2, 1);
            Tensor mean = Tensor.zeros(device, 1);
            Tensor variance = Tensor.empty(device, 1).fill(1);
            Tensor y = Tensor.empty(device, 2, 1);
            kernels.forward(
                    x,
                    new Epilogue(null, null, null, false),
                    1e-12f,
                    new Running(mean, variance, 0.1f),
                    y,
                    Tensor.empty(device, 1),
                    Tensor.empty(device, 1));
            assertThat(y.toFloats()).containsExactly(-1, 1);
            assertThat(mean.item()).isEqualTo(0.2f); // 0.9 x 0 + 0.1 x 2
            assertThat(variance.item()).isEqualTo(1.1f); // 0.9 x 1 + 0.1 x 2, unbiased
        }
    }

    @ParameterizedTest
    @CsvSource({
        "2,1,true,true",
        "31,33,true,true",
        "257,64,true,false",
        "257,65,false,true",
        "5000,17,false,false",
        "129,2049,true,true",
        "4100,8,true,false"
    })
    void agreesWithTheTruth(int rows, int c, boolean relu, boolean withResidual) {
        Random random = new Random(rows + c);
        double[] x = Arrays64.random(random, rows * c);
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (x[i] + 3 * (i % c % 5)); // means up to twenty deviations away from 0
        }
        double[] gamma = Arrays64.random(random, c);
        double[] beta = Arrays64.random(random, c);
        double[] dy = Arrays64.random(random, rows * c);
        double[] residual = withResidual ? Arrays64.random(random, rows * c) : new double[rows * c];
        BatchNormReference truth = new BatchNormReference(rows, c, EPS, relu);
        double[] expected = truth.value(x, gamma, beta, residual, truth.mean(x), truth.variance(x));
        try (Scope scope = Scope.open()) {
            Tensor tx = Arrays64.tensor(x, rows, c);
            Epilogue epilogue = new Epilogue(
                    Arrays64.tensor(gamma, c),
                    Arrays64.tensor(beta, c),
                    withResidual ? Arrays64.tensor(residual, rows, c) : null,
                    relu);
            Tensor y = Tensor.empty(device, rows, c).fill(Float.NaN);
            Tensor mean = Tensor.empty(device, c);
            Tensor rstd = Tensor.empty(device, c);
            kernels.forward(tx, epilogue, EPS, null, y, mean, rstd);
            Arrays64.assertClose("y", y, expected, 2e-5);
            double[] own = doubles(y); // the ReLU of a value near 0 may go either way
            Tensor tdy = Arrays64.tensor(dy, rows, c);
            Tensor dx = withResidual ? Tensor.empty(device, rows, c).fill(Float.NaN) : tdy;
            Tensor dgamma = Tensor.empty(device, c);
            Tensor dbeta = Tensor.empty(device, c);
            kernels.backward(new Forward(tx, y, mean, rstd, true), epilogue, tdy, dx, dgamma, dbeta);
            double[] g = truth.dresidual(own, dy);
            if (withResidual) {
                Arrays64.assertClose("dresidual", tdy, g, 0);
            }
            Arrays64.assertClose("dgamma", dgamma, truth.dgamma(x, g), 1e-6 * rows + 1e-5);
            Arrays64.assertClose("dbeta", dbeta, truth.dbeta(g), 1e-6 * rows + 1e-5);
            Arrays64.assertClose("dx", dx, truth.dx(x, gamma, g), rows == 2 ? 2e-3 : 2e-5);
        }
    }

    private static double[] doubles(Tensor tensor) {
        float[] values = tensor.toFloats();
        double[] result = new double[values.length];
        Arrays.setAll(result, i -> values[i]);
        return result;
    }

    @Test
    void largeMeanKeepsItsVariance() {
        try (Scope scope = Scope.open()) {
            float[] x = new float[4096];
            for (int i = 0; i < x.length; i++) {
                x[i] = 10000 + (i % 2);
            }
            Tensor rstd = Tensor.empty(device, 1);
            kernels.forward(
                    Tensor.of(device, x, 4096, 1),
                    new Epilogue(null, null, null, false),
                    1e-12f,
                    null,
                    Tensor.empty(device, 4096, 1),
                    Tensor.empty(device, 1),
                    rstd);
            assertThat(rstd.item()).isBetween(1.9999f, 2.0001f);
        }
    }

    @Test
    void evaluationUsesTheGivenStatistics() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(device, new float[] {1, 3}, 1, 2);
            Tensor y = Tensor.empty(device, 1, 2);
            Tensor rstd = Tensor.empty(device, 2);
            Tensor mean = Tensor.of(device, new float[] {1, 1}, 2);
            Epilogue epilogue = new Epilogue(null, null, null, false);
            kernels.evaluate(x, epilogue, mean, Tensor.of(device, new float[] {4, 4}, 2), 1e-12f, y, rstd);
            assertThat(y.toFloats()).containsExactly(0, 1);
            Tensor dy = Tensor.of(device, new float[] {1, 5}, 1, 2);
            kernels.backward(
                    new Forward(x, null, mean, rstd, false),
                    epilogue,
                    dy,
                    dy,
                    Tensor.empty(device, 2),
                    Tensor.empty(device, 2));
            assertThat(dy.toFloats()).containsExactly(0.5f, 2.5f);
        }
    }

    @Test
    void nanStaysInItsColumn() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(device, new float[] {1, Float.NaN, 2, 3}, 2, 2);
            Tensor y = Tensor.empty(device, 2, 2);
            kernels.forward(
                    x,
                    new Epilogue(null, null, null, true),
                    EPS,
                    null,
                    y,
                    Tensor.empty(device, 2),
                    Tensor.empty(device, 2));
            float[] values = y.toFloats();
            assertThat(values[1]).isNaN();
            assertThat(values[3]).isNaN();
            assertThat(values[2]).isBetween(0.9f, 1f);
        }
    }

    @Test
    void oneValueIsRefusedInTraining() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.zeros(device, 1, 8);
            assertThatThrownBy(() -> kernels.forward(
                            x,
                            new Epilogue(null, null, null, false),
                            EPS,
                            null,
                            Tensor.zeros(device, 1, 8),
                            Tensor.zeros(device, 8),
                            Tensor.zeros(device, 8)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "batch normalisation: expected at least 2 values per channel in training, got 1 in shape"
                                    + " (1, 8); use a larger batch, or evaluation mode");
        }
    }
}
