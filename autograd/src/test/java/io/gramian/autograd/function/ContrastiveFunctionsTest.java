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
import io.gramian.loss.DenseCl;
import io.gramian.loss.InfoNce;
import io.gramian.loss.KeyQueue;
import io.gramian.loss.MocoV3;
import io.gramian.loss.QueueInfoNce;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContrastiveFunctionsTest {
    private static final GradientCheck CHECK = new GradientCheck(1e-2, 5e-3, 20, 1);

    private final Device device = Device.cpu();

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLearnedTemperatureHasTheRightGradient(boolean symmetric) {
        Variable za = Variable.parameter(random(1, 6, 4));
        Variable zb = Variable.parameter(random(2, 6, 4));
        Variable logScale = Variable.parameter(Tensor.of(device, new float[] {1.2f}, 1));
        CHECK.check(
                () -> LearnedTemperature.apply(za, zb, logScale, symmetric),
                Map.of("za", za, "zb", zb, "logScale", logScale));
        try (Scope scope = Scope.open()) {
            InfoNce fixed = new InfoNce((float) Math.exp(-1.2f), true, symmetric);
            double value = fixed.value(List.of(za.value(), zb.value()));
            assertThat((double) LearnedTemperature.apply(za, zb, logScale, symmetric)
                            .value()
                            .item())
                    .isCloseTo(value, within(1e-6));
            assertThatThrownBy(() -> LearnedTemperature.apply(za, zb, za, symmetric))
                    .hasMessage("logScale: expected one element, got shape (6, 4)");
        }
        List.of(za, zb, logScale).forEach(Variable::close);
    }

    @Test
    void queriesOfAQueueLearnAndTheUpstreamScales() {
        Variable queries = Variable.parameter(random(3, 5, 4));
        try (Scope scope = Scope.open();
                KeyQueue queue = KeyQueue.random(device, 30, 4, 1)) {
            Tensor keys = random(4, 5, 4);
            QueueInfoNce loss = QueueInfoNce.defaults();
            CHECK.check(
                    () -> Scale.apply(KeyLoss.queue(loss, queries, keys, queue.rows()), 0.5),
                    Map.of("queries", queries));
            Variable constant = Autograd.noGrad(() -> KeyLoss.queue(loss, queries, keys, queue.rows()));
            assertThat(constant.requiresGradient()).isFalse();
            assertThat((double) constant.value().item())
                    .isCloseTo(loss.value(queries.value(), keys, queue.rows()), within(1e-6));
        }
        queries.close();
    }

    @Test
    void queriesOfMocoV3Learn() {
        Variable q1 = Variable.parameter(random(5, 6, 4));
        Variable q2 = Variable.parameter(random(6, 6, 4));
        try (Scope scope = Scope.open()) {
            List<Tensor> keys = List.of(random(7, 6, 4), random(8, 6, 4));
            CHECK.check(() -> KeyLoss.mocoV3(MocoV3.defaults(), List.of(q1, q2), keys), Map.of("q1", q1, "q2", q2));
        }
        q1.close();
        q2.close();
    }

    @Test
    void denseQueriesLearn() {
        Variable global = Variable.parameter(random(9, 2, 4));
        Variable dense = Variable.parameter(random(10, 8, 3));
        try (Scope scope = Scope.open();
                KeyQueue queue = KeyQueue.random(device, 12, 4, 2);
                KeyQueue denseQueue = KeyQueue.random(device, 12, 3, 3)) {
            DenseCl.Maps maps = new DenseCl.Maps(
                    global.value(),
                    random(11, 2, 4),
                    dense.value(),
                    random(12, 8, 3),
                    random(13, 8, 5),
                    random(14, 8, 5),
                    queue.rows(),
                    denseQueue.rows());
            CHECK.check(
                    () -> KeyLoss.denseCl(DenseCl.defaults(), global, dense, maps),
                    Map.of("global", global, "dense", dense));
        }
        global.close();
        dense.close();
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
