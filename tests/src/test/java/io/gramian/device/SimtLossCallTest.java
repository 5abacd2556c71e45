package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Fetched;
import io.gramian.backend.Memory;
import io.gramian.backend.Stream;
import io.gramian.loss.LossCall;
import io.gramian.loss.NtXent;
import io.gramian.loss.VicReg;
import java.lang.management.ManagementFactory;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Losses by device address, on a stream that belongs to the caller. */
class SimtLossCallTest {
    private static final int N = 6;
    private static final int D = 5;

    private final Device device = DeviceUnderTest.get();

    @Test
    void workFollowsTheCallersStream() {
        try (Stream theirs = DeviceUnderTest.ownStream(device, 3);
                Stream stream = device.backend().callerStream(theirs.nativeStream());
                Scope scope = Scope.open()) {
            assertThat(stream.nativeStream()).isEqualTo(theirs.nativeStream());
            assertThat(stream.device()).isSameAs(device);
            Tensor[] here = {random(Device.cpu(), 1), random(Device.cpu(), 2)};
            Tensor[] expected = {Tensor.zeros(Device.cpu(), N, D), Tensor.zeros(Device.cpu(), N, D)};
            double value = NtXent.defaults().valueAndGradient(List.of(here), List.of(expected));
            LossCall loss = LossCall.of(NtXent.defaults(), stream, DType.FLOAT32, 2, N, D);
            // what the caller's stream was given is not waited for: that order is enough is the point
            double[] got = theirs.compute(() -> {
                long[] z = {copy(here[0]).address(), copy(here[1]).address()};
                Tensor[] dz = {Tensor.empty(device, N, D), Tensor.empty(device, N, D)};
                Fetched<Double> started = loss.start(z, new long[] {dz[0].address(), dz[1].address()});
                close(dz[0], expected[0]);
                close(dz[1], expected[1]);
                return new double[] {started.get(), loss.value(z)};
            });
            assertThat(Math.abs(got[0] - value)).isLessThan(1e-6);
            assertThat(Math.abs(got[1] - value)).isLessThan(1e-6);
        }
        assertThat(device.backend().contrastive()).isSameAs(device.backend().contrastive());
    }

    @Test
    void theCallersStreamOutlivesOurs() {
        try (Stream theirs = DeviceUnderTest.ownStream(device, 4);
                Scope scope = Scope.open()) {
            device.backend().callerStream(theirs.nativeStream()).close();
            theirs.use(
                    () -> assertThat(Tensor.zeros(device, 3).fill(2).toFloats()).containsOnly(2f));
            theirs.synchronise();
        }
    }

    @Test
    void callsAfterTheFirstHoldNoMoreMemory() {
        try (Scope scope = Scope.open();
                Stream stream = DeviceUnderTest.ownStream(device, 5)) {
            Tensor[] t = {random(device, 1), random(device, 2), random(device, 3), random(device, 4)};
            stream.waitFor(device.backend().stream());
            LossCall loss = LossCall.of(VicReg.defaults(), stream, DType.FLOAT32, 2, N, D);
            long[] z = {t[0].address(), t[1].address()};
            long[] dz = {t[2].address(), t[3].address()};
            double first = loss.run(z, dz);
            Memory memory = device.backend().memory();
            long held = memory.deviceBytes().heldBytes();
            Memory.Statistics statistics = memory.statistics();
            double[] values = {loss.run(z, dz), 0, 0, 0};
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long heap = threads.getCurrentThreadAllocatedBytes();
            for (int i = 1; i < values.length; i++) {
                values[i] = loss.run(z, dz);
            }
            assertThat(threads.getCurrentThreadAllocatedBytes() - heap).isZero();
            assertThat(values).containsOnly(first);
            assertThat(memory.deviceBytes().heldBytes()).isEqualTo(held);
            assertThat(memory.statistics()).isEqualTo(statistics);
        }
    }

    @Test
    void buffersOfTheHostAreRefused() {
        try (Stream stream = DeviceUnderTest.ownStream(device, 6)) {
            LossCall loss = LossCall.of(NtXent.defaults(), stream, DType.FLOAT32, 2, N, D);
            assertThatThrownBy(() -> loss.run(new FloatBuffer[2], new FloatBuffer[2]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("expected addresses of memory on " + device
                            + ", where the loss runs, got buffers of the host; take a stream of Device.cpu() for them");
        }
    }

    private Tensor copy(Tensor source) {
        return Tensor.empty(device, N, D).copyFrom(source);
    }

    private static void close(Tensor actual, Tensor expected) {
        float[] got = actual.toFloats();
        float[] wanted = expected.toFloats();
        for (int i = 0; i < wanted.length; i++) {
            assertThat(Math.abs(got[i] - wanted[i])).isLessThan(1e-6f);
        }
    }

    private static Tensor random(Device device, long seed) {
        Random random = new Random(seed);
        float[] values = new float[N * D];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(device, values, N, D);
    }
}
