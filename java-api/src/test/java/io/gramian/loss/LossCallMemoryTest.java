package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Memory;
import io.gramian.backend.Stream;
import java.lang.management.ManagementFactory;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a call by address leaves behind: nothing outside the Java heap, and on it a few short-lived objects. */
class LossCallMemoryTest {
    /** Bytes of the Java heap for a call: objects around the result, whatever the size of the batch. */
    private static final long OBJECTS = 2 << 10;

    /** The same where a tensor is drawn. */
    private static final long DRAWN = 8 << 10;

    private static final int CALLS = 50;

    private final Device device = Device.cpu();
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    static java.util.stream.Stream<MultiViewLoss> losses() {
        return LossCalls.multiView().filter(loss -> !(loss instanceof DrawnLoss));
    }

    static java.util.stream.Stream<MultiViewLoss> drawn() {
        return LossCalls.multiView().filter(loss -> loss instanceof DrawnLoss);
    }

    @ParameterizedTest
    @MethodSource("losses")
    void callsAfterTheFirstAllocateNothing(MultiViewLoss loss) {
        assertThat(bytesOfACall(loss, 16, 5)).isLessThan(OBJECTS);
        assertThat(bytesOfACall(loss, 256, 64)).isLessThan(OBJECTS);
    }

    /** These draw a permutation or directions in every call, on the heap: in proportion to n or to d. */
    @ParameterizedTest
    @MethodSource("drawn")
    void lossesThatDrawAllocateWhatTheyDraw(MultiViewLoss loss) {
        assertThat(bytesOfACall(loss, 16, 5)).isLessThan(DRAWN);
        assertThat(bytesOfACall(loss, 256, 7)).isLessThan(DRAWN + 256 * 64);
    }

    private long bytesOfACall(MultiViewLoss loss, int n, int d) {
        try (Scope scope = Scope.open();
                Stream stream = device.backend().callerStream(0)) {
            long[] in = {random(1, n, d).address(), random(2, n, d).address()};
            long[] out = {random(3, n, d).address(), random(4, n, d).address()};
            LossCall call = LossCall.of(loss, stream, DType.FLOAT32, 2, n, d);
            for (int i = 0; i < 10; i++) {
                call.run(in, out);
            }
            Memory.Statistics before = device.backend().memory().statistics();
            long scratch = stream.scratchBytes();
            long pointers = Pointer.totalCount();
            long heap = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                call.run(in, out);
            }
            long perCall = (threads.getCurrentThreadAllocatedBytes() - heap) / CALLS;
            assertThat(device.backend().memory().statistics()).isEqualTo(before);
            assertThat(stream.scratchBytes()).isEqualTo(scratch);
            assertThat(Pointer.totalCount()).isEqualTo(pointers);
            return perCall;
        }
    }

    @Test
    void aScopeOfTheCallerKeepsNothing() {
        try (Scope scope = Scope.open();
                Stream stream = device.backend().callerStream(0)) {
            FloatBuffer[] in = {LossCalls.direct(40), LossCalls.direct(40)};
            FloatBuffer[] out = {LossCalls.direct(40), LossCalls.direct(40)};
            in[0].put(0, LossCalls.floats(1, 40));
            in[1].put(0, LossCalls.floats(2, 40));
            LossCall call = LossCall.of(NtXent.defaults(), stream, DType.FLOAT32, 2, 8, 5);
            assertThat(call.run(in, out)).isPositive();
            assertThat(scope.detachAll()).isEmpty();
        }
    }

    @Test
    void openingAndClosingStreamsLeaksNothing() {
        long[] in;
        long[] out;
        try (Scope scope = Scope.open()) {
            in = new long[] {random(1, 8, 5).address(), random(2, 8, 5).address()};
            out = new long[] {random(3, 8, 5).address(), random(4, 8, 5).address()};
            Memory.Statistics before = null;
            long pointers = 0;
            for (int i = 0; i < 100; i++) {
                try (Stream stream = device.backend().callerStream(0)) {
                    LossCall.of(MultiViewNtXent.defaults(), stream, DType.FLOAT32, 2, 8, 5)
                            .run(in, out);
                }
                if (i == 3) {
                    before = device.backend().memory().statistics();
                    pointers = Pointer.totalCount();
                }
            }
            assertThat(device.backend().memory().statistics()).isEqualTo(before);
            assertThat(Pointer.totalCount()).isEqualTo(pointers);
        }
    }

    private Tensor random(long seed, int n, int d) {
        return Tensor.of(device, LossCalls.floats(seed, n * d), n, d);
    }
}
