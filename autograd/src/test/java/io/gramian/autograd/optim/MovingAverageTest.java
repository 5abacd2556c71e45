package io.gramian.autograd.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.autograd.nn.BatchNorm;
import io.gramian.autograd.nn.Module;
import io.gramian.autograd.optim.MovingAverage.Buffers;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MovingAverageTest {
    private static BatchNorm layer(float value) {
        BatchNorm layer = new BatchNorm(Device.cpu(), 3, true);
        layer.parameters().values().forEach(parameter -> parameter.value().fill(value));
        layer.buffers().values().forEach(buffer -> buffer.fill(10 * value));
        return layer;
    }

    private static float parameter(Module module) {
        return module.parameters().get("weight").value().toFloats()[2];
    }

    private static float buffer(Module module) {
        return module.buffers().get("running_var").toFloats()[1];
    }

    @ParameterizedTest
    @EnumSource
    void followsByHand(Buffers buffers) {
        try (BatchNorm target = layer(1);
                BatchNorm online = layer(2)) {
            MovingAverage average = new MovingAverage(target, online, buffers);
            average.update(0.75); // 0.75 1 + 0.25 2
            assertThat(parameter(target)).isCloseTo(1.25f, within(1e-7f));
            Map<Buffers, Float> expected = Map.of(Buffers.OWN, 10f, Buffers.COPIED, 20f, Buffers.AVERAGED, 12.5f);
            assertThat(buffer(target)).isCloseTo(expected.get(buffers), within(1e-6f));
            assertThat(parameter(online)).isEqualTo(2f);
            average.start();
            assertThat(parameter(target)).isEqualTo(2f);
            assertThat(buffer(target)).isEqualTo(20f);
        }
    }

    @Test
    void equalNetworksStayEqualForeverAndOneStops() {
        try (BatchNorm target = layer(0.1f);
                BatchNorm online = layer(0.1f)) {
            MovingAverage average = new MovingAverage(target, online, Buffers.AVERAGED);
            CosineRise momentum = new CosineRise(0.99, 1, 100);
            for (int step = 0; step <= 100; step++) {
                average.update(momentum.at(step));
            }
            assertThat(parameter(target)).isEqualTo(0.1f);
            online.parameters().values().forEach(parameter -> parameter.value().fill(Float.NaN));
            average.update(momentum.at(100));
            assertThat(parameter(target)).isEqualTo(0.1f);
            average.update(0.5);
            assertThat(parameter(target)).isNaN();
        }
    }

    @Test
    void refusesNetworksThatDiffer() {
        try (BatchNorm three = layer(1);
                BatchNorm four = new BatchNorm(Device.cpu(), 4, true);
                BatchNorm bare = new BatchNorm(Device.cpu(), 3, false)) {
            refuses(() -> new MovingAverage(three, four, Buffers.OWN), "expected parameter weight of shape (4)");
            refuses(() -> new MovingAverage(three, bare, Buffers.OWN), "expected the parameters of the online network");
            refuses(() -> new MovingAverage(bare, bare, Buffers.OWN), "expected a network with parameters, got none");
            refuses(() -> new MovingAverage(three, three, Buffers.OWN).update(0.5), "overlaps");
            refuses(() -> new MovingAverage(three, layer(1), Buffers.OWN).update(Double.NaN), "momentum: expected");
        }
    }

    private static void refuses(Runnable call, String message) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
