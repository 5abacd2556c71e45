package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.backend.Memory;
import io.gramian.backend.Stream;
import java.lang.management.ManagementFactory;
import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a call by address leaves behind: nothing. */
class LossCallMemoryTest {
    private static final int N = 16;
    private static final int D = 5;

    /** Before anything is measured: classes and lambdas are linked, scratch memory is taken. Too few for a compiler. */
    private static final int FIRST = 4;

    private static final int CALLS = 20;

    /** What a call makes, it makes in every round; a compiler that throws its code away makes objects in one. */
    private static final int ROUNDS = 5;

    /** Bytes of what {@link LossCall#start} gives on the CPU: a {@code Fetched} and the {@code Double} in it. */
    private static final long FETCHED = 48;

    /** Bytes of the Java heap for a call that draws 16 permuted rows, or 8 directions of 5 numbers. */
    private static final long DRAWN = 8 << 10;

    private final Device device = Device.cpu();
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Scope scope = Scope.open();
    private final Stream stream = device.backend().callerStream(0);

    @AfterEach
    void free() {
        scope.close();
        stream.close();
    }

    static java.util.stream.Stream<MultiViewLoss> losses() {
        return LossCalls.multiView().filter(loss -> !(loss instanceof RandomLoss));
    }

    static java.util.stream.Stream<RandomLoss> drawn() {
        return LossCalls.multiView().filter(RandomLoss.class::isInstance).map(RandomLoss.class::cast);
    }

    @ParameterizedTest
    @MethodSource("losses")
    void lossesOfViews(MultiViewLoss loss) {
        nothingIsAllocated(LossCall.of(loss, stream, DType.FLOAT32, 2, N, D), shapes(2), shapes(2));
    }

    @Test
    void lossesOfManyViews() {
        nothingIsAllocated(LossCall.of(NtXent.defaults(), stream, DType.FLOAT32, 4, N, D), shapes(4), shapes(4));
        nothingIsAllocated(
                LossCall.of(MultiViewNtXent.defaults(), stream, DType.FLOAT32, 4, N, D), shapes(4), shapes(4));
    }

    @ParameterizedTest
    @MethodSource("drawn")
    void lossesThatHaveDrawn(RandomLoss loss) {
        try (RandomLoss.Drawn drawn = loss.drawn(device, N, D, 3)) {
            nothingIsAllocated(LossCall.of(drawn, stream, DType.FLOAT32, 2, N, D), shapes(2), shapes(2));
        }
    }

    @ParameterizedTest
    @MethodSource("drawn")
    void lossesThatDrawInEveryCall(RandomLoss loss) {
        LossCall call = LossCall.of(loss.atStep(3), stream, DType.FLOAT32, 2, N, D);
        long[] in = memory(1, shapes(2));
        long[] out = memory(3, shapes(2));
        assertThat(heapOf(() -> call.run(in, out)) / CALLS).isPositive().isLessThan(DRAWN);
    }

    static java.util.stream.Stream<PredictiveLoss> predictive() {
        return java.util.stream.Stream.of(Byol.defaults(), SimSiam.defaults(), MocoV3.defaults());
    }

    @ParameterizedTest
    @MethodSource("predictive")
    void lossesOfPredictions(PredictiveLoss loss) {
        nothingIsAllocated(LossCall.of(loss, stream, DType.FLOAT32, N, D), shapes(4), shapes(2));
    }

    static java.util.stream.Stream<FeaturePenalty> penalties() {
        return java.util.stream.Stream.of(
                new OffDiagonalPenalty(3, GramSide.AUTO),
                new OffDiagonalAbsolute(3),
                new OffDiagonalExponential(3, 0.5f));
    }

    @ParameterizedTest
    @MethodSource("penalties")
    void penaltiesOfOneMatrix(FeaturePenalty penalty) {
        nothingIsAllocated(LossCall.of(penalty, stream, DType.FLOAT32, N, D), shapes(1), shapes(1));
    }

    @Test
    void lossesWithQueues() {
        List<Shape> queue = List.of(Shape.of(N, D), Shape.of(N, D), Shape.of(40, D));
        nothingIsAllocated(LossCall.of(QueueInfoNce.defaults(), stream, DType.FLOAT32, N, D, 40), queue, shapes(1));
        List<Shape> maps = LossCalls.denseMaps(N, 4, D);
        nothingIsAllocated(
                LossCall.of(DenseCl.defaults(), stream, DType.FLOAT32, maps), maps, List.of(maps.get(0), maps.get(2)));
    }

    private void nothingIsAllocated(LossCall call, List<Shape> inputs, List<Shape> gradients) {
        long[] in = memory(1, inputs);
        long[] elsewhere = memory(2, inputs);
        long[] out = memory(3, gradients);
        long firstIn = memory(4, List.of(all(inputs)))[0];
        long firstOut = memory(5, List.of(all(gradients)))[0];
        FloatBuffer[] ins = buffers(6, inputs);
        FloatBuffer[] outs = buffers(7, gradients);
        FloatBuffer wholeIn = buffers(8, List.of(all(inputs)))[0];
        FloatBuffer wholeOut = buffers(9, List.of(all(gradients)))[0];
        assertThat(heapOf(() -> call.value(in))).isZero();
        assertThat(heapOf(() -> call.run(in, out))).isZero();
        assertThat(heapOf(() -> call.run(firstIn, firstOut))).isZero();
        assertThat(heapOf(() -> call.run(ins, outs))).isZero();
        assertThat(heapOf(() -> call.run(wholeIn, wholeOut))).isZero();
        assertThat(heapOf(() -> {
                    call.run(in, out);
                    call.run(elsewhere, out);
                    call.value(in);
                }))
                .isZero();
        assertThat(heapOf(() -> call.start(in, out)) / CALLS).isPositive().isLessThanOrEqualTo(FETCHED);
    }

    /** Least bytes of the Java heap in a round after the first calls; nothing else may have been taken. */
    private long heapOf(Runnable call) {
        for (int i = 0; i < FIRST; i++) {
            call.run();
        }
        Memory.Statistics before = device.backend().memory().statistics();
        long scratch = stream.scratchBytes();
        long pointers = Pointer.totalCount();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long heap = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                call.run();
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - heap);
        }
        assertThat(device.backend().memory().statistics()).isEqualTo(before);
        assertThat(stream.scratchBytes()).isEqualTo(scratch);
        assertThat(Pointer.totalCount()).isEqualTo(pointers);
        return least;
    }

    private static List<Shape> shapes(int count) {
        return Collections.nCopies(count, Shape.of(N, D));
    }

    private static Shape all(List<Shape> shapes) {
        return Shape.of(shapes.stream().mapToLong(Shape::elements).sum());
    }

    private long[] memory(long seed, List<Shape> shapes) {
        return shapes.stream()
                .mapToLong(shape -> Tensor.of(device, LossCalls.floats(seed, (int) shape.elements()), shape.toArray())
                        .address())
                .toArray();
    }

    private static FloatBuffer[] buffers(long seed, List<Shape> shapes) {
        return shapes.stream()
                .map(shape -> {
                    int count = (int) shape.elements();
                    return LossCalls.direct(count).put(0, LossCalls.floats(seed, count));
                })
                .toArray(FloatBuffer[]::new);
    }

    @Test
    void aScopeOfTheCallerKeepsNothing() {
        try (Scope caller = Scope.open()) {
            FloatBuffer[] in = {LossCalls.direct(40), LossCalls.direct(40)};
            FloatBuffer[] out = {LossCalls.direct(40), LossCalls.direct(40)};
            in[0].put(0, LossCalls.floats(1, 40));
            in[1].put(0, LossCalls.floats(2, 40));
            LossCall call = LossCall.of(NtXent.defaults(), stream, DType.FLOAT32, 2, 8, 5);
            assertThat(call.run(in, out)).isPositive();
            assertThat(caller.detachAll()).isEmpty();
        }
    }

    @Test
    void openingAndClosingStreamsLeaksNothing() {
        long[] in = memory(1, shapes(2));
        long[] out = memory(3, shapes(2));
        Memory.Statistics before = null;
        long pointers = 0;
        for (int i = 0; i < 100; i++) {
            try (Stream other = device.backend().callerStream(0)) {
                LossCall.of(MultiViewNtXent.defaults(), other, DType.FLOAT32, 2, N, D)
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
