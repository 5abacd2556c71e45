package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.backend.Stream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Losses by address, on a stream of their own, against the same losses on tensors. */
class LossCallTest {
    private static final int N = 16;
    private static final int D = 5;

    private final Device device = Device.cpu();
    private final Stream stream = device.backend().callerStream(0);
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
        stream.close();
    }

    static java.util.stream.Stream<MultiViewLoss> losses() {
        return LossCalls.multiView();
    }

    @ParameterizedTest
    @MethodSource("losses")
    void addressesGiveWhatTensorsGive(MultiViewLoss loss) {
        Tensor[] z = {random(1), random(2)};
        Tensor[] expected = {nan(), nan()};
        Tensor[] got = {nan(), nan()};
        double value = loss.valueAndGradient(List.of(z), List.of(expected));

        LossCall call = LossCall.of(loss, stream, DType.FLOAT32, 2, N, D);
        assertThat(call.run(addresses(z), addresses(got))).isFinite().isEqualTo(value);
        assertThat(got[0].toFloats()).isEqualTo(expected[0].toFloats());
        assertThat(got[1].toFloats()).isEqualTo(expected[1].toFloats());
        assertThat(call.value(addresses(z))).isEqualTo(loss.value(List.of(z)));
        got[0].fill(Float.NaN);
        assertThat(call.start(addresses(z), addresses(got)).get()).isEqualTo(value);
        assertThat(got[0].toFloats()).isEqualTo(expected[0].toFloats());
    }

    @Test
    void theOtherKindsOfLosses() {
        Tensor[] z = {random(1), random(2), random(3), random(4)};
        Tensor[] expected = {nan(), nan()};
        Tensor[] got = {nan(), nan()};
        List<Tensor> first = List.of(z[0], z[1]);
        List<Tensor> second = List.of(z[2], z[3]);

        LossCall byol = LossCall.of(Byol.defaults(), stream, DType.FLOAT32, N, D);
        assertThat(byol.run(addresses(z), addresses(got)))
                .isEqualTo(Byol.defaults().valueAndGradient(first, second, List.of(expected)));
        assertThat(byol.value(addresses(z))).isEqualTo(Byol.defaults().value(first, second));
        same(got, expected);

        LossCall moco = LossCall.of(MocoV3.defaults(), stream, DType.FLOAT32, N, D);
        assertThat(moco.run(addresses(z), addresses(got)))
                .isEqualTo(MocoV3.defaults().valueAndGradient(first, second, List.of(expected)));
        assertThat(moco.value(addresses(z))).isEqualTo(MocoV3.defaults().value(first, second));
        same(got, expected);

        Tensor[] queue = {z[0], z[1], Tensor.of(device, floats(9, 40 * D), 40, D)};
        LossCall old = LossCall.of(QueueInfoNce.defaults(), stream, DType.FLOAT32, N, D, 40);
        assertThat(old.run(addresses(queue), addresses(got[0])))
                .isEqualTo(QueueInfoNce.defaults().valueAndGradient(queue[0], queue[1], queue[2], expected[0]));
        same(got, expected);
        assertThat(old.value(addresses(queue)))
                .isEqualTo(QueueInfoNce.defaults().value(queue[0], queue[1], queue[2]));

        FeaturePenalty penalty = new OffDiagonalPenalty(3, GramSide.AUTO);
        LossCall one = LossCall.of(penalty, stream, DType.FLOAT32, N, D);
        assertThat(one.run(addresses(z[0]), addresses(got[0]))).isEqualTo(penalty.valueAndGradient(z[0], expected[0]));
        same(got, expected);
        assertThat(one.value(z[0].address())).isEqualTo(penalty.value(z[0]));
    }

    @Test
    void denseClAndAnyLossAsABody() {
        DenseCl dense = DenseCl.defaults();
        List<Shape> shapes = LossCalls.denseMaps(N, 2, D);
        List<Tensor> in = new ArrayList<>();
        for (int i = 0; i < shapes.size(); i++) {
            Shape shape = shapes.get(i);
            in.add(Tensor.of(device, floats(i, (int) shape.elements()), shape.toArray()));
        }
        long[] at = addresses(in.toArray(new Tensor[0]));
        Tensor[] expected = {nan(), Tensor.zeros(device, 2 * N, D)};
        double value = dense.valueAndGradient(DenseCl.Maps.of(in), expected[0], expected[1])
                .loss();
        LossCall.Body body = (z, dz) ->
                dense.valueAndGradient(DenseCl.Maps.of(z), dz.get(0), dz.get(1)).loss();
        LossCall ready = LossCall.of(dense, stream, DType.FLOAT32, shapes);
        for (LossCall call : List.of(
                ready, LossCall.of(body, stream, DType.FLOAT32, shapes, List.of(shapes.get(0), shapes.get(2))))) {
            Tensor[] got = {nan(), Tensor.zeros(device, 2 * N, D)};
            assertThat(call.run(at, addresses(got))).isFinite().isEqualTo(value);
            same(got, expected);
        }
        assertThat(ready.value(at)).isEqualTo(dense.value(DenseCl.Maps.of(in)).loss());
        refuses(
                () -> LossCall.of(dense, stream, DType.FLOAT32, shapes.subList(0, 7)),
                "maps: expected 8 entries, got 7");
    }

    @Test
    void lossesThatHaveDrawn() {
        WMse loss = new WMse(8, 2, 0, true, 5);
        Tensor[] z = {random(1), random(2)};
        Tensor[] expected = {nan(), nan()};
        Tensor[] got = {nan(), nan()};
        try (RandomLoss.Drawn drawn = loss.drawn(device, N, D, 0)) {
            LossCall call = LossCall.of(drawn, stream, DType.FLOAT32, 2, N, D);
            for (int step : new int[] {4, 5, 4}) {
                double value = loss.atStep(step).valueAndGradient(List.of(z), List.of(expected));
                drawn.draw(step);
                assertThat(call.run(addresses(z), addresses(got))).isFinite().isEqualTo(value);
                same(got, expected);
            }
        }
    }

    @Test
    void buffersFromTheirPosition() {
        FloatBuffer a = direct(2 * N * D + 3);
        FloatBuffer b = direct(N * D);
        a.put(7, floats(1, N * D)).position(7);
        b.put(0, floats(2, N * D));
        FloatBuffer da = direct(N * D);
        FloatBuffer db = direct(N * D + 1).position(1);
        LossCall call = LossCall.of(NtXent.defaults(), stream, DType.FLOAT32, 2, N, D);
        double value = call.run(new FloatBuffer[] {a, b}, new FloatBuffer[] {da, db});
        Tensor[] expected = {nan(), nan()};
        assertThat(value)
                .isEqualTo(NtXent.defaults().valueAndGradient(List.of(random(1), random(2)), List.of(expected)));
        float[] got = new float[N * D];
        da.duplicate().get(got);
        assertThat(got).isEqualTo(expected[0].toFloats());
        db.duplicate().get(got);
        assertThat(got).isEqualTo(expected[1].toFloats());
        assertThat(db.get(0)).isZero(); // before its position
        assertThat(a.position()).isEqualTo(7);
        assertThat(db.position()).isEqualTo(1);
    }

    @Test
    void inputsOneBehindTheOther() {
        Tensor z = Tensor.empty(device, 2 * N, D);
        z.rows(0, N).copyFrom(random(1));
        z.rows(N, 2 * N).copyFrom(random(2));
        Tensor dz = Tensor.empty(device, 2 * N, D).fill(Float.NaN);
        Tensor[] expected = {nan(), nan()};
        double value = NtXent.defaults().valueAndGradient(List.of(random(1), random(2)), List.of(expected));
        LossCall call = LossCall.of(NtXent.defaults(), stream, DType.FLOAT32, 2, N, D);
        assertThat(call.run(z.address(), dz.address())).isEqualTo(value);
        Tensor[] got = {dz.rows(0, N), dz.rows(N, 2 * N)};
        same(got, expected);

        FloatBuffer in = direct(2 * N * D + 1);
        in.put(1, z.toFloats()).position(1);
        FloatBuffer out = direct(2 * N * D);
        assertThat(call.run(in, out)).isEqualTo(value);
        float[] floats = new float[2 * N * D];
        out.get(floats);
        assertThat(floats).isEqualTo(dz.toFloats());
        refuses(
                () -> call.run(in, out),
                "gradients: expected 160 elements from the position of the buffer on for FLOAT32 (160), got 0");
        refuses(() -> call.run(0, dz.address()), "inputs[0]: expected the address of (16, 5) FLOAT32, got null");
    }

    @Test
    void addressesMayChangeFromCallToCall() {
        LossCall call = LossCall.of(NtXent.defaults(), stream, DType.FLOAT32, 2, N, D);
        Tensor[] z = {random(1), random(2), random(3)};
        for (int[] pair : new int[][] {{0, 1}, {0, 1}, {2, 1}, {0, 1}}) {
            Tensor[] expected = {nan(), nan()};
            Tensor[] got = {nan(), nan()};
            Tensor[] views = {z[pair[0]], z[pair[1]]};
            double value = NtXent.defaults().valueAndGradient(List.of(views), List.of(expected));
            assertThat(call.run(addresses(views), addresses(got))).isEqualTo(value);
            same(got, expected);
            assertThat(call.value(addresses(views))).isEqualTo(NtXent.defaults().value(List.of(views)));
            refuses(() -> call.run(addresses(views), new long[0]), "gradients: expected 2 entries, got 0");
        }
    }

    @Test
    void whatOverlapsIsRefusedInEveryCall() {
        LossCall call = LossCall.of(NtXent.defaults(), stream, DType.FLOAT32, 2, N, D);
        long[] in = addresses(random(1), random(2));
        long[] out = addresses(nan(), nan());
        double value = call.run(in, out);
        refuses(() -> call.run(in, new long[] {out[0], in[1]}), "gradient 1 overlaps view 1");
        refuses(() -> call.run(in, new long[] {out[0], out[0] + 4}), "gradient 1 overlaps gradient 0");
        refuses(() -> call.run(in[0], in[0]), "gradient 0 overlaps view 0");
        assertThat(call.run(in, out)).isEqualTo(value);
    }

    @Test
    void emptyAndImpossibleBatches() {
        LossCall empty = LossCall.of(NtXent.defaults(), stream, DType.FLOAT32, 2, 0, D);
        assertThat(empty.run(new long[2], new long[2])).isZero();
        refuses(
                () -> LossCall.of(BarlowTwins.defaults(), stream, DType.FLOAT32, 2, 0, D)
                        .run(new long[2], new long[2]),
                "batch: expected at least 2 rows");
        refuses(
                () -> LossCall.of(NtXent.defaults(), stream, DType.FLOAT32, 2, 1L << 40, 1L << 40),
                "expected at most 1152921504606846975 elements, got sizes [1099511627776, 1099511627776]");
    }

    @Test
    void lossesOfSeveralThreadsShareAStream() throws Exception {
        List<MultiViewLoss> losses = LossCalls.multiView().toList();
        ExecutorService pool = Executors.newFixedThreadPool(losses.size());
        try {
            List<Future<Integer>> results = new ArrayList<>();
            for (MultiViewLoss loss : losses) {
                Tensor[] z = {random(1), random(2)};
                Tensor[] expected = {nan(), nan()};
                double value = loss.valueAndGradient(List.of(z), List.of(expected));
                LossCall call = LossCall.of(loss, stream, DType.FLOAT32, 2, N, D);
                results.add(pool.submit(() -> many(call, addresses(z), value, expected)));
            }
            for (Future<Integer> result : results) {
                assertThat(result.get()).isEqualTo(50);
            }
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void threadsGetTheSameBits() throws Exception {
        Tensor[] z = {random(1), random(2)};
        Tensor[] expected = {nan(), nan()};
        MultiViewLoss loss = new WMse(8, 2, 0, true, 5);
        double value = loss.valueAndGradient(List.of(z), List.of(expected));
        long[] in = addresses(z);
        LossCall shared = LossCall.of(loss, stream, DType.FLOAT32, 2, N, D);
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Future<Integer>> results = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                boolean own = t < 2;
                results.add(pool.submit(
                        () -> own ? onItsOwn(loss, in, value, expected) : many(shared, in, value, expected)));
            }
            for (Future<Integer> result : results) {
                assertThat(result.get()).isEqualTo(50);
            }
        } finally {
            pool.shutdown();
        }
    }

    private static int onItsOwn(MultiViewLoss loss, long[] in, double value, Tensor[] expected) {
        try (Stream mine = Device.cpu().backend().callerStream(0)) {
            return many(LossCall.of(loss, mine, DType.FLOAT32, 2, N, D), in, value, expected);
        }
    }

    private static int many(LossCall call, long[] in, double value, Tensor[] expected) {
        int right = 0;
        try (Scope scope = Scope.open()) {
            Tensor[] got = {nan(), nan()};
            for (int i = 0; i < 50; i++) {
                got[0].fill(Float.NaN);
                right += call.run(in, addresses(got)) == value
                                && java.util.Arrays.equals(got[0].toFloats(), expected[0].toFloats())
                        ? 1
                        : 0;
            }
        }
        return right;
    }

    @Test
    void whatIsWrongIsSaid() {
        Tensor[] z = {random(1), random(2)};
        Tensor[] dz = {nan(), nan()};
        NtXent loss = NtXent.defaults();
        refuses(
                () -> LossCall.of(loss, stream, DType.FLOAT64, 2, N, D),
                "dtype: expected FLOAT32, got FLOAT64; convert the embeddings to float32 before the loss");
        refuses(() -> LossCall.of(loss, stream, DType.FLOAT32, 0, N, D), "views: expected at least 1, got 0");
        refuses(() -> LossCall.of(loss, stream, DType.FLOAT32, 2, -1, D), "expected sizes of at least 0");
        LossCall call = LossCall.of(loss, stream, DType.FLOAT32, 2, N, D);
        long[] in = addresses(z);
        refuses(() -> call.run(new long[] {in[0]}, addresses(dz)), "inputs: expected 2 entries, got 1");
        refuses(() -> call.run(in, new long[3]), "gradients: expected 2 entries, got 3");
        refuses(() -> call.run(new long[] {in[0], 0}, addresses(dz)), "inputs[1]: expected the address of (16, 5)");
        refuses(() -> call.run(new long[] {in[0] + 2, in[1]}, addresses(dz)), "inputs[0]: expected the address of");
        refuses(() -> call.run(in, new long[] {in[0], dz[1].address()}), "overlaps");
        refuses(() -> LossCall.of(loss, stream, DType.FLOAT32, 1, N, D).value(in[0]), "views: expected at least 2");
        try (Stream other = device.backend().callerStream(0)) {
            LossCall used = LossCall.of(loss, other, DType.FLOAT32, 2, N, D);
            LossCall unused = LossCall.of(loss, other, DType.FLOAT32, 2, N, D);
            assertThat(used.run(in, addresses(dz))).isFinite();
            other.close();
            for (LossCall gone : List.of(used, unused)) {
                assertThatThrownBy(() -> gone.run(in, addresses(dz)))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("this stream is closed");
            }
        }
    }

    @Test
    void buffersThatDoNotFit() {
        LossCall call = LossCall.of(NtXent.defaults(), stream, DType.FLOAT32, 2, N, D);
        ByteBuffer bytes = ByteBuffer.allocateDirect(4 * N * D + 4);
        FloatBuffer odd = bytes.duplicate()
                .position(1)
                .slice()
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        wrong(call, FloatBuffer.allocate(N * D), "expected a direct buffer, got HeapFloatBuffer on the Java heap");
        wrong(
                call,
                bytes.asFloatBuffer(),
                "expected a buffer in the machine's byte order LITTLE_ENDIAN, got BIG_ENDIAN");
        wrong(call, direct(N * D).asReadOnlyBuffer(), "expected a writable buffer, got a read-only one");
        wrong(call, direct(N * D).position(1), "expected 80 elements from the position");
        wrong(call, odd, "expected a buffer that begins at a multiple of 4 bytes");
        refuses(
                () -> Tensor.wrap(ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder()), DType.INT64, 2),
                "expected 16 bytes from the position of the buffer on for INT64 (2), got 8");
    }

    private static void wrong(LossCall call, FloatBuffer buffer, String message) {
        FloatBuffer[] gradients = {direct(N * D), direct(N * D)};
        refuses(() -> call.run(new FloatBuffer[] {direct(N * D), buffer}, gradients), "inputs[1]: " + message);
    }

    @Test
    void bytesHoldAnyType() {
        ByteBuffer bytes = ByteBuffer.allocateDirect(24).order(ByteOrder.nativeOrder());
        bytes.putInt(8, 5).putInt(12, -6).position(8);
        assertThat(Tensor.wrap(bytes, DType.INT32, 2).toInts()).containsExactly(5, -6);
        Tensor.wrap(bytes, DType.INT32, 2).copyFrom(new int[] {1, 2});
        assertThat(bytes.getInt(12)).isEqualTo(2);
    }

    private static void refuses(Runnable body, String message) {
        assertThatThrownBy(body::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    private void same(Tensor[] got, Tensor[] expected) {
        for (int i = 0; i < got.length; i++) {
            assertThat(got[i].toFloats()).isEqualTo(expected[i].toFloats());
        }
    }

    private Tensor random(long seed) {
        return Tensor.of(device, floats(seed, N * D), N, D);
    }

    private static float[] floats(long seed, int count) {
        return LossCalls.floats(seed, count);
    }

    private static Tensor nan() {
        return Tensor.empty(Device.cpu(), N, D).fill(Float.NaN);
    }

    private static FloatBuffer direct(int count) {
        return LossCalls.direct(count);
    }

    private static long[] addresses(Tensor... tensors) {
        return LossCalls.addresses(tensors);
    }
}
