package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Backend;
import io.gramian.backend.BatchNormalization.Epilogue;
import io.gramian.backend.BatchNormalization.Forward;
import io.gramian.backend.Optimizers.LarsForm;
import io.gramian.backend.Optimizers.Parameters;
import io.gramian.loss.Dcl;
import io.gramian.loss.DenseCl;
import io.gramian.loss.DirectClr;
import io.gramian.loss.InfoNce;
import io.gramian.loss.MocoV3;
import io.gramian.loss.MultiViewNtXent;
import io.gramian.loss.NtXent;
import io.gramian.loss.OffDiagonalExponential;
import io.gramian.loss.QueueInfoNce;
import io.gramian.loss.SpectralContrastive;
import io.gramian.loss.UnsignedContrastive;
import io.gramian.loss.UnsignedContrastive.Similarity;
import io.gramian.loss.VicRegCtr;
import io.gramian.loss.VicRegExp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Operations of the backend below the losses, each tensor of each of them: of another device, or closed. And settings
 * that no loss takes, and slices that nobody can whiten.
 */
class DeviceArgumentsTest {
    /** One operation: the shapes of its float32 tensors, and the call. A new one is one line of {@link #ops}. */
    private record Op(String name, List<long[]> shapes, Call call) {
        @Override
        public String toString() {
            return name;
        }
    }

    private interface Call {
        void run(Backend at, List<Tensor> t);
    }

    private static final long N = 6;
    private static final long D = 4;
    private static final long[] ROWS = {N, D};
    private static final long[] COLUMNS = {D};
    private static final long[] SQUARE = {D, D};
    private static final long[] SLICES = {2, N, D};
    private static final long[] MATRICES = {2, D, D};

    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    private static Op op(String name, Call call, long[]... shapes) {
        return new Op(name, List.of(shapes), call);
    }

    static Stream<Op> ops() {
        return Stream.of(
                        columnsAndRows(),
                        whitening(),
                        optimizers(),
                        layers(),
                        Stream.of(
                                op("spectrum", (at, t) -> at.spectra().singularValues(t.get(0), true, true), ROWS),
                                op("gramNorms", (at, t) -> at.spectra().gramNorms(t.get(0), true, true, true), ROWS),
                                op("deviations", (at, t) -> at.spectra().columnDeviations(t.get(0), true), ROWS),
                                op(
                                        "gemm",
                                        (at, t) -> at.linearAlgebra()
                                                .gemm(false, false, 1, t.get(0), t.get(1), 0, t.get(2)),
                                        ROWS,
                                        SQUARE,
                                        ROWS),
                                op(
                                        "add",
                                        (at, t) -> at.linearAlgebra().add(t.get(0), t.get(1), t.get(2)),
                                        ROWS,
                                        ROWS,
                                        ROWS),
                                op("scale", (at, t) -> at.linearAlgebra().scale(2, t.get(0), t.get(1)), ROWS, ROWS),
                                op(
                                        "addToRows",
                                        (at, t) -> at.linearAlgebra().addToRows(t.get(0), t.get(1), t.get(2)),
                                        ROWS,
                                        COLUMNS,
                                        ROWS),
                                op(
                                        "columnSums",
                                        (at, t) -> at.linearAlgebra().columnSums(t.get(0), t.get(1)),
                                        ROWS,
                                        COLUMNS)))
                .flatMap(Function.identity());
    }

    private static Stream<Op> columnsAndRows() {
        return Stream.of(
                op(
                        "normalizeRows",
                        (at, t) -> at.normalization().normalizeRows(t.get(0), 1e-12f, t.get(1), t.get(2)),
                        ROWS,
                        ROWS,
                        new long[] {N}),
                op(
                        "normalizeRowsBackward",
                        (at, t) -> at.normalization()
                                .normalizeRowsBackward(t.get(0), t.get(1), t.get(2), 1e-12f, t.get(3)),
                        ROWS,
                        new long[] {N},
                        ROWS,
                        ROWS),
                op(
                        "standardizeColumns",
                        (at, t) -> at.covariance().standardizeColumns(t.get(0), 1e-5f, t.get(1), t.get(2), t.get(3)),
                        ROWS,
                        ROWS,
                        COLUMNS,
                        COLUMNS),
                op(
                        "standardizeColumnsBackward",
                        (at, t) -> at.covariance().standardizeColumnsBackward(t.get(0), t.get(1), t.get(2), t.get(3)),
                        ROWS,
                        COLUMNS,
                        ROWS,
                        ROWS),
                op(
                        "centerColumns",
                        (at, t) -> at.covariance().centerColumns(t.get(0), t.get(1), t.get(2), t.get(3)),
                        ROWS,
                        ROWS,
                        COLUMNS,
                        COLUMNS),
                op(
                        "crossCorrelation",
                        (at, t) -> at.covariance().crossCorrelation(t.get(0), t.get(1), 1e-5f, t.get(2)),
                        ROWS,
                        ROWS,
                        SQUARE),
                op(
                        "crossCorrelationBackward",
                        (at, t) -> at.covariance()
                                .crossCorrelationBackward(t.get(0), t.get(1), 1e-5f, t.get(2), t.get(3), t.get(4)),
                        ROWS,
                        ROWS,
                        SQUARE,
                        ROWS,
                        ROWS));
    }

    private static Stream<Op> whitening() {
        return Stream.of(
                op(
                        "whiten",
                        (at, t) -> at.whitening().whiten(t.get(0), 0.1f, t.get(1), t.get(2)),
                        SLICES,
                        SLICES,
                        MATRICES),
                op(
                        "whitenBackward",
                        (at, t) -> at.whitening().whitenBackward(t.get(0), t.get(1), t.get(2), 0.1f, t.get(3)),
                        SLICES,
                        MATRICES,
                        SLICES,
                        SLICES),
                op(
                        "whitenIterative",
                        (at, t) -> at.whitening().whitenIterative(5, t.get(0), 0.1f, t.get(1), t.get(2)),
                        SLICES,
                        SLICES,
                        MATRICES),
                op(
                        "whitenIterativeBackward",
                        (at, t) ->
                                at.whitening().whitenIterativeBackward(5, t.get(0), t.get(1), t.get(2), 0.1f, t.get(3)),
                        SLICES,
                        MATRICES,
                        SLICES,
                        SLICES));
    }

    private static Stream<Op> layers() {
        long[] image = {1, 2, N, D};
        long[] mean = {1, 1, N / 2, D};
        return Stream.of(
                op("relu", (at, t) -> at.network().relu(t.get(0), t.get(1)), ROWS, ROWS),
                op(
                        "reluBackward",
                        (at, t) -> at.network().reluBackward(t.get(0), t.get(1), t.get(2)),
                        ROWS,
                        ROWS,
                        ROWS),
                op("averagePool", (at, t) -> at.network().averagePool(t.get(0), 2, 2, 2, t.get(1)), image, mean),
                op(
                        "averagePoolBackward",
                        (at, t) -> at.network().averagePoolBackward(2, 2, 2, t.get(0), t.get(1)),
                        mean,
                        image),
                op(
                        "batchNorm",
                        (at, t) -> at.network()
                                .batchNormalization()
                                .forward(t.get(0), affine(t), 1e-5f, null, t.get(3), t.get(4), t.get(5)),
                        ROWS,
                        COLUMNS,
                        COLUMNS,
                        ROWS,
                        COLUMNS,
                        COLUMNS),
                op(
                        "batchNormBackward",
                        (at, t) -> at.network()
                                .batchNormalization()
                                .backward(
                                        new Forward(t.get(0), null, t.get(3), t.get(4), true),
                                        affine(t),
                                        t.get(5),
                                        t.get(6),
                                        t.get(7),
                                        t.get(8)),
                        ROWS,
                        COLUMNS,
                        COLUMNS,
                        COLUMNS,
                        COLUMNS,
                        ROWS,
                        ROWS,
                        COLUMNS,
                        COLUMNS));
    }

    private static Epilogue affine(List<Tensor> t) {
        return new Epilogue(t.get(1), t.get(2), null, true);
    }

    private static Stream<Op> optimizers() {
        boolean[] adapted = {true};
        return Stream.of(
                op("sgd", (at, t) -> at.optimizers().sgd(parameters(t), t.subList(2, 3), 0.9, false), ROWS, ROWS, ROWS),
                op(
                        "adam",
                        (at, t) -> at.optimizers()
                                .adam(parameters(t), t.subList(2, 3), t.subList(3, 4), 0.9, 0.999, 1e-8, 1, true),
                        ROWS,
                        ROWS,
                        ROWS,
                        ROWS),
                op(
                        "lars",
                        (at, t) -> at.optimizers()
                                .lars(
                                        parameters(t),
                                        t.subList(2, 3),
                                        adapted,
                                        0.9,
                                        0.1,
                                        0,
                                        LarsForm.DECAYED_NORM,
                                        false),
                        ROWS,
                        ROWS,
                        ROWS),
                op(
                        "lamb",
                        (at, t) -> at.optimizers()
                                .lamb(parameters(t), t.subList(2, 3), t.subList(3, 4), adapted, 0.9, 0.999, 1e-6, 1),
                        ROWS,
                        ROWS,
                        ROWS,
                        ROWS),
                op(
                        "movingAverage",
                        (at, t) -> at.optimizers().movingAverage(t.subList(0, 1), t.subList(1, 2), 0.5),
                        ROWS,
                        ROWS),
                op("clip", (at, t) -> at.optimizers().gradients().clip(t, 1), ROWS, ROWS),
                op("firstNotFinite", (at, t) -> at.optimizers().firstNotFinite(t), ROWS, ROWS));
    }

    private static Parameters parameters(List<Tensor> t) {
        return Parameters.of(t.subList(0, 1), t.subList(1, 2), 0.1, 0);
    }

    static Stream<Arguments> opsOnDevices() {
        return Stream.of(Device.cpu(), DeviceUnderTest.get())
                .flatMap(device -> ops().map(op -> Arguments.of(device, op)));
    }

    static Stream<Device> devices() {
        return Stream.of(Device.cpu(), DeviceUnderTest.get());
    }

    @ParameterizedTest
    @MethodSource("opsOnDevices")
    void everyTensorIsOnTheDeviceAndOpen(Device device, Op op) {
        Device other = device == Device.cpu() ? DeviceUnderTest.get() : Device.cpu();
        for (int i = 0; i < op.shapes().size(); i++) {
            List<Tensor> mixed = tensors(device, op);
            mixed.set(i, Tensor.zeros(other, op.shapes().get(i)));
            assertThatThrownBy(() -> op.call().run(device.backend(), mixed))
                    .as("tensor %d", i)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("on " + DeviceUnderTest.name(), "on cpu");
            List<Tensor> closed = tensors(device, op);
            closed.get(i).close();
            assertThatThrownBy(() -> op.call().run(device.backend(), closed))
                    .as("tensor %d", i)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("was closed");
        }
        assertThatThrownBy(() -> op.call().run(other.backend(), tensors(device, op)))
                .as("all tensors on another device than the backend")
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected tensors on " + other + ", where this operation runs");
    }

    private static List<Tensor> tensors(Device device, Op op) {
        List<Tensor> tensors = new ArrayList<>();
        for (long[] shape : op.shapes()) {
            int count = (int) Arrays.stream(shape).reduce(1, (x, y) -> x * y);
            tensors.add(Truth.tensor(device, Truth.gaussian(count + tensors.size(), count), shape));
        }
        return tensors;
    }

    static Stream<Function<Float, Object>> temperatures() {
        return Stream.of(
                NtXent::new,
                tau -> new InfoNce(tau, true, true),
                MultiViewNtXent::new,
                tau -> new Dcl(tau, false, 0.5f, Dcl.Form.LIGHTLY),
                tau -> new DirectClr(2, tau, false),
                tau -> new UnsignedContrastive(tau, Similarity.SQUARE, false, true),
                QueueInfoNce::new,
                MocoV3::new,
                tau -> new DenseCl(tau, 0.5f),
                SpectralContrastive::new,
                tau -> new OffDiagonalExponential(1, tau),
                tau -> new VicRegExp(25, 25, 1, 1e-4f, 1, true, tau),
                tau -> new VicRegCtr(25, 25, 1, 1e-4f, 1, true, tau));
    }

    @ParameterizedTest
    @MethodSource("temperatures")
    void noLossTakesATemperatureThatIsNone(Function<Float, Object> loss) {
        for (float bad : new float[] {0, -0f, -1, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            assertThatThrownBy(() -> loss.apply(bad))
                    .as("%f", bad)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageMatching("(temperature|mu): expected .*, got " + bad + ".*");
        }
        assertThat(loss.apply(0.5f)).isNotNull();
    }

    /** Slice 1 has a column that repeats another one, or NaN: the sentence names both, and what to do. */
    @Tag("sync")
    @ParameterizedTest
    @MethodSource("devices")
    void aSliceThatCannotBeWhitenedIsNamed(Device device) {
        DeviceUnderTest.needsErrorsAtOnce(device);
        for (double bad : new double[] {0, Double.NaN}) {
            double[] x = Truth.gaussian(3, 2 * 8 * 3);
            for (int r = 0; r < 8; r++) {
                x[24 + 3 * r + 2] = x[24 + 3 * r] + bad;
            }
            Tensor slices = Truth.tensor(device, x, 2, 8, 3);
            Tensor y = Tensor.empty(device, 2, 8, 3);
            Tensor w = Tensor.empty(device, 2, 3, 3);
            assertThatThrownBy(() -> device.backend().whitening().whiten(slices, 0, y, w))
                    .isInstanceOf(GramianException.class)
                    .hasMessageContainingAll("batch entry 1", "column 2", Double.isNaN(bad) ? "NaN" : "eps");
        }
        Tensor wide = Truth.tensor(device, Truth.gaussian(4, 9), 1, 3, 3); // no more rows than columns
        assertThatThrownBy(() -> device.backend().whitening().whiten(wide, 0, wide.copy(), wide.copy()))
                .isInstanceOf(GramianException.class)
                .hasMessageContainingAll("batch entry 0", "column 2", "eps");
    }
}
