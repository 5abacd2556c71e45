package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Deferred;
import io.gramian.backend.Event;
import io.gramian.backend.Fetched;
import io.gramian.backend.Graph;
import io.gramian.backend.LinearAlgebra;
import io.gramian.backend.Stream;
import io.gramian.loss.BarlowTwins;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.NtXent;
import io.gramian.loss.VicReg;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Streams, events, captured graphs and numbers that nobody waits for, on the SIMT device. */
class SimtStreamTest {
    private final Device device = DeviceUnderTest.get();
    private final Stream main = device.backend().stream();
    private final LinearAlgebra algebra = device.backend().linearAlgebra();

    @Test
    void eventsAreTimesAndPlaces() {
        try (Stream other = DeviceUnderTest.ownStream(device, 3);
                Event begin = main.newEvent();
                Event end = main.newEvent();
                Scope scope = Scope.open()) {
            begin.synchronise(); // not recorded: nothing to wait for
            main.record(begin);
            Tensor x = Tensor.zeros(device, 5).fill(2);
            other.waitFor(main);
            other.use(() -> assertThat(x.toFloats()).containsOnly(2f));
            other.record(end);
            main.waitFor(end);
            assertThat(end.millisecondsSince(begin)).isPositive();
            main.synchronise();
        }
        try (Event event = Device.cpu().backend().stream().newEvent()) {
            Device.cpu().backend().stream().record(event);
            event.synchronise();
            main.waitFor(Device.cpu().backend().stream());
        }
    }

    /** Each thread counts its own: a number that is read, not one that is fetched and has come. */
    @Test
    void waitsAreCounted() throws InterruptedException {
        try (Scope scope = Scope.open()) {
            long before = main.waits();
            Tensor x = Tensor.of(device, new float[] {1, 2, 3}, 3);
            algebra.scale(2, x, x);
            Fetched<Double> first =
                    Deferred.of(device, () -> (double) x.toFloats()[0]).fetch();
            assertThat(main.waits()).isEqualTo(before);
            assertThat(x.toFloats()).containsExactly(2, 4, 6);
            assertThat(main.waits()).isEqualTo(before + 1);
            assertThat(first.get()).isEqualTo(2);
            main.synchronise();
            assertThat(main.waits()).isEqualTo(before + 2);
            long[] elsewhere = {-1};
            Thread thread = new Thread(() -> elsewhere[0] = main.waits());
            thread.start();
            thread.join();
            assertThat(elsewhere[0]).isZero();
        }
        assertThat(Device.cpu().backend().stream().waits()).isZero();
    }

    @Test
    void aGraphRepeatsItsCallsOnNewInputs() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(device, new float[] {1, 2, 3}, 3);
            Tensor factor = Tensor.of(device, new float[] {10}, 1);
            Tensor[] result = new Tensor[1];
            try (Graph graph = main.capture(() -> {
                try (Tensor between = Tensor.empty(device, 3)) {
                    algebra.scaleBy(factor, x, between);
                    result[0] = Scope.detach(Tensor.empty(device, 3));
                    algebra.scaleBy(factor, between, result[0]);
                }
            })) {
                graph.launch();
                assertThat(result[0].toFloats()).containsExactly(100, 200, 300);
                x.copyFrom(new float[] {0, -1, 4});
                factor.fill(2);
                graph.launch();
                assertThat(result[0].toFloats()).containsExactly(0, -4, 16);
            }
            assertThat(result[0].toFloats()).containsExactly(0, -4, 16);
            result[0].close();
        }
    }

    @Test
    void memoryOfAGraphIsItsOwn() {
        long held = device.backend().memory().deviceBytes().heldBytes();
        Tensor x = Tensor.zeros(device, 64).fill(1);
        Tensor[] made = new Tensor[1];
        Graph graph = main.capture(() -> {
            Tensor.empty(device, 64).close();
            made[0] = Tensor.zeros(device, 64); // takes the block that was freed
            algebra.scaleBy(x.rows(0, 1).reshape(1), x, made[0]);
            made[0].close();
        });
        List<Tensor> others = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            others.add(Tensor.zeros(device, 64));
        }
        graph.launch();
        for (Tensor other : others) {
            assertThat(other.toFloats()).containsOnly(0f);
            other.close();
        }
        assertThat(device.backend().memory().deviceBytes().heldBytes() - held).isGreaterThanOrEqualTo(512);
        graph.close();
        x.close();
        assertThatThrownBy(graph::launch)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("this graph is closed");
    }

    @Test
    void insideACaptureNobodyTalksToTheHost() {
        try (Scope scope = Scope.open();
                Stream other = DeviceUnderTest.ownStream(device, 5)) {
            Tensor x = Tensor.zeros(device, 3);
            Tensor y = Tensor.zeros(Device.cpu(), 3);
            refused(
                    x::toFloats,
                    "reading FLOAT32 (3) on " + device + " inside a capture on " + device
                            + ", which is repeated without the host; do it before or after");
            refused(
                    () -> x.copyFrom(new float[3]),
                    "writing FLOAT32 (3) on " + device + " from the host inside a capture on " + device);
            refused(y::toFloats, "reading FLOAT32 (3) on cpu inside a capture");
            refused(() -> y.fill(1), "a call on another stream, of cpu, stands inside a capture on " + device);
            refused(other::synchronise, "waiting for " + device + " inside a capture");
            refused(
                    () -> other.use(() -> x.fill(1)),
                    "a call on another stream, of " + device + ", stands inside a capture");
            refused(() -> main.capture(() -> {}), "a capture inside a capture on " + device);
            refused(() -> NtXent.defaults().value(List.of(x.reshape(3, 1), x.reshape(3, 1))), "reading FLOAT64 (1)");
            assertThat(Tensor.zeros(device, 2).toFloats()).containsOnly(0f); // and all is well afterwards
        }
        assertThatThrownBy(() -> Device.cpu().backend().stream().capture(() -> {}))
                .isInstanceOf(GramianException.class)
                .hasMessage("device cpu captures no graphs; run the calls themselves");
    }

    private void refused(Runnable body, String message) {
        assertThatThrownBy(() -> main.capture(body))
                .isInstanceOf(GramianException.class)
                .hasMessageStartingWith(message);
    }

    static List<MultiViewLoss> losses() {
        return List.of(NtXent.defaults(), BarlowTwins.defaults(), VicReg.defaults());
    }

    /** The value of a loss after its graph ran is that of the loss itself, for the views of each launch. */
    @ParameterizedTest
    @MethodSource("losses")
    void aLossIsCapturedAndItsNumberComesLater(MultiViewLoss loss) {
        List<Tensor> views = new ArrayList<>();
        List<Tensor> gradients = new ArrayList<>();
        for (int v = 0; v < 2; v++) {
            views.add(Truth.tensor(device, Truth.gaussian(v, 6 * 5), 6, 5));
            gradients.add(Tensor.zeros(device, 6, 5));
        }
        List<Deferred<Double>> number = new ArrayList<>();
        List<Fetched<Double>> coming = new ArrayList<>();
        List<Double> expected = new ArrayList<>();
        try (Graph graph = main.capture(() -> {
            try (Scope scope = Scope.open()) {
                number.add(Deferred.of(device, () -> loss.valueAndGradient(views, gradients))
                        .keep());
            }
        })) {
            for (int step = 0; step < 3; step++) {
                views.get(0).copyFrom(Truth.tensor(device, Truth.gaussian(10 + step, 6 * 5), 6, 5));
                graph.launch();
                coming.add(number.get(0).fetch());
                expected.add(loss.value(views));
            }
            for (int step = 0; step < 3; step++) {
                assertThat(coming.get(step).get()).isEqualTo(expected.get(step));
            }
            float[] captured = gradients.get(1).toFloats();
            loss.valueAndGradient(views, gradients);
            assertThat(captured).containsExactly(gradients.get(1).toFloats());
            number.get(0).close();
        }
        views.forEach(Tensor::close);
        gradients.forEach(Tensor::close);
    }

    @Test
    void numbersAreCombinedOnTheHost() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(device, new float[] {3}, 1);
            Deferred<Double> three = Deferred.of(device, () -> (double) x.item());
            Deferred<Double> five = three.map(value -> value + 2);
            assertThat(three.isKnown()).isFalse();
            assertThat(three.with(five, (a, b) -> a * b).get()).isEqualTo(15);
            x.fill(4);
            assertThat(five.get()).isEqualTo(6);
            assertThat(Deferred.of(Device.cpu(), () -> 7).isKnown()).isTrue();
        }
    }

    @Test
    void twoDevicesInOneProcess() {
        DeviceUnderTest.onlyOnTheExecutor("it has two devices");
        Device second = Device.simt(1);
        assertThat(second).hasToString("simt:1").isSameAs(Device.named("simt:1"));
        assertThatThrownBy(() -> Device.simt(2))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("there is no device 2, the executor has 2");
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(second, new float[] {1, 2}, 2);
            Tensor y = Tensor.zeros(device, 2).copyFrom(x);
            assertThat(y.toFloats()).containsExactly(1, 2);
            second.backend().linearAlgebra().scaleBy(x.rows(1, 2), x, x.copy());
            assertThatThrownBy(() -> algebra.scaleBy(y.rows(0, 1), x, x)).isInstanceOf(IllegalArgumentException.class);
            assertThat(second.backend().memory().statistics().liveBlocks()).isEqualTo(2);
        }
    }
}
