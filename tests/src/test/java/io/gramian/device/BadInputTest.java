package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.device.LossOp.Edge;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every loss of {@link LossOp#all} says on every device to inputs that it cannot use, or at the edge of them. */
class BadInputTest {
    private static final int D = 3;

    private static final String TWO_DEVICES =
            "(?s).*(on NAME.*on cpu|on cpu.*on NAME).*".replace("NAME", DeviceUnderTest.name());

    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    static Stream<Arguments> losses() {
        return Stream.of(Device.cpu(), DeviceUnderTest.get())
                .flatMap(device -> LossOp.all().map(op -> Arguments.of(device, op)));
    }

    static Stream<Arguments> lowTemperatures() {
        return Stream.of(Device.cpu(), DeviceUnderTest.get()).flatMap(device -> Stream.of(1e-3f, 1e-6f, 1e-20f, 1e-30f)
                .flatMap(tau -> LossOp.withTemperature(tau).map(op -> Arguments.of(device, op, tau))));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void shapesAndTypesThatDoNotFit(Device device, LossOp op) {
        for (int i = 0; i < op.inputs(); i++) {
            refuses(op, swap(inputs(device, op, LossOp.ROWS, D), i, z -> z.reshape(LossOp.ROWS, D, 1)), List.of());
            refuses(op, swap(inputs(device, op, LossOp.ROWS, D), i, z -> z.reshape(LossOp.ROWS * D)), List.of());
            UnaryOperator<Tensor> whole = z -> Tensor.empty(device, DType.INT32, LossOp.ROWS, D);
            refuses(op, swap(inputs(device, op, LossOp.ROWS, D), i, whole), List.of());
        }
        List<Tensor> in = inputs(device, op, LossOp.ROWS, D);
        for (int g = 0; g < op.gradients().size(); g++) {
            refuses(op, in, swap(gradients(op, in), g, dz -> dz.reshape(D, LossOp.ROWS)));
            refuses(op, in, swap(gradients(op, in), g, dz -> dz.rows(0, LossOp.ROWS - 1)));
        }
    }

    @ParameterizedTest
    @MethodSource("losses")
    void tensorsOfTwoDevices(Device device, LossOp op) {
        Device other = device == Device.cpu() ? DeviceUnderTest.get() : Device.cpu();
        UnaryOperator<Tensor> move =
                z -> Tensor.empty(other, z.shape().toArray()).copyFrom(z);
        List<Tensor> in = inputs(device, op, LossOp.ROWS, D);
        for (int i = 0; i < op.inputs() && op.inputs() > 1; i++) {
            List<Tensor> mixed = swap(inputs(device, op, LossOp.ROWS, D), i, move);
            refuses(op, mixed, List.of(), IllegalArgumentException.class, TWO_DEVICES);
        }
        for (int g = 0; g < op.gradients().size(); g++) {
            List<Tensor> mixed = swap(gradients(op, in), g, move);
            refuses(op, in, mixed, IllegalArgumentException.class, TWO_DEVICES);
        }
    }

    @ParameterizedTest
    @MethodSource("losses")
    void aliasesAndClosedTensors(Device device, LossOp op) {
        List<Tensor> in = inputs(device, op, LossOp.ROWS, D);
        for (int g = 0; g < op.gradients().size(); g++) {
            for (Tensor input : in) {
                List<Tensor> out = swap(gradients(op, in), g, dz -> input);
                refuses(op, in, out, IllegalArgumentException.class, ".*overlaps.*");
            }
            List<Tensor> closed = swap(gradients(op, in), g, BadInputTest::closed);
            refuses(op, in, closed, IllegalStateException.class, ".*was closed.*");
        }
        if (op.gradients().size() > 1) {
            Tensor one = gradients(op, in).get(0);
            refuses(op, in, List.of(one, one), IllegalArgumentException.class, ".*overlaps.*");
        }
        for (int i = 0; i < op.inputs(); i++) {
            List<Tensor> closed = swap(inputs(device, op, LossOp.ROWS, D), i, BadInputTest::closed);
            refuses(op, closed, List.of(), IllegalStateException.class, ".*was closed.*");
        }
    }

    @ParameterizedTest
    @MethodSource("losses")
    void nanAndInfinityShow(Device device, LossOp op) {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (int i = 0; i < op.inputs(); i++) {
                List<Tensor> in = swap(inputs(device, op, LossOp.ROWS, D), i, z -> spoilt(z, bad));
                boolean infinite = Float.isInfinite(bad) && op.infinity() == LossOp.Infinity.NOT_FINITE;
                for (List<Tensor> out : List.of(List.<Tensor>of(), gradients(op, in))) {
                    double value = run(op, in, out);
                    assertThat(infinite ? !Double.isFinite(value) : Double.isNaN(value))
                            .as("%f in input %d gives %f", bad, i, value)
                            .isEqualTo(!op.deaf().contains(i));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("losses")
    void edgesOfTheShapes(Device device, LossOp op) {
        expect(op, op.noRows(), inputs(device, op, 0, D));
        expect(op, op.oneRow(), inputs(device, op, 1, D));
        expect(op, op.oneColumn(), inputs(device, op, LossOp.ROWS, 1));
        expect(op, op.wide(), inputs(device, op, LossOp.ROWS, 30));
        expect(op, Edge.FINITE, inputs(device, op, LossOp.ROWS, D));
    }

    /** exp(-1 / temperature) is 0 in float32 from 0.01 on; value and gradient are numbers all the same. */
    @ParameterizedTest
    @MethodSource("lowTemperatures")
    void noTemperatureUnderflows(Device device, LossOp op, float temperature) {
        expect(op, Edge.FINITE, inputs(device, op, LossOp.ROWS, D));
    }

    private static void expect(LossOp op, Edge edge, List<Tensor> in) {
        if (edge == Edge.REFUSED) {
            refuses(op, in, List.of());
            refuses(op, in, gradients(op, in));
            return;
        }
        List<Tensor> out = gradients(op, in);
        double value = run(op, in, List.of());
        double again = run(op, in, out);
        assertThat(value).as("value for %s", in.get(0).shape()).isFinite();
        assertThat(again).as("value with gradients").isEqualTo(value);
        for (Tensor gradient : out) {
            for (float element : gradient.toFloats()) {
                assertThat(Float.isFinite(element))
                        .as("gradient for %s", in.get(0).shape())
                        .isTrue();
                assertThat(edge == Edge.ZERO && element != 0).isFalse();
            }
        }
        if (edge == Edge.ZERO) {
            assertThat(value).isZero();
        }
    }

    private static double run(LossOp op, List<Tensor> in, List<Tensor> out) {
        return op.call().run(in, out);
    }

    /** The loss throws this, with a message of this form. */
    private static void refuses(
            LossOp op, List<Tensor> in, List<Tensor> out, Class<? extends Throwable> type, String form) {
        Throwable thrown = catchThrowable(() -> op.call().run(in, out));
        assertThat(thrown).isNotNull();
        assertThat(thrown).isInstanceOf(type).hasMessageMatching(form);
    }

    private static void refuses(LossOp op, List<Tensor> in, List<Tensor> out) {
        refuses(op, in, out, IllegalArgumentException.class, "(?s).*expected.*");
    }

    /** Numbers that differ from input to input. */
    private static List<Tensor> inputs(Device device, LossOp op, int n, int d) {
        List<Tensor> in = new ArrayList<>();
        for (int i = 0; i < op.inputs(); i++) {
            in.add(Truth.tensor(device, Truth.gaussian(31L * i + n + d, n * d), n, d));
        }
        return in;
    }

    /** Full of NaN, so that what is not written shows. */
    private static List<Tensor> gradients(LossOp op, List<Tensor> in) {
        return op.gradients().stream()
                .map(i -> Tensor.empty(in.get(i).device(), in.get(i).shape().toArray())
                        .fill(Float.NaN))
                .toList();
    }

    private static List<Tensor> swap(List<Tensor> tensors, int index, UnaryOperator<Tensor> change) {
        List<Tensor> changed = new ArrayList<>(tensors);
        changed.set(index, change.apply(tensors.get(index)));
        return changed;
    }

    private static Tensor closed(Tensor tensor) {
        Tensor copy = tensor.copy();
        copy.close();
        return copy;
    }

    private static Tensor spoilt(Tensor tensor, float bad) {
        float[] values = tensor.toFloats();
        values[values.length / 2] = bad;
        return Tensor.of(tensor.device(), values, tensor.shape().toArray());
    }
}
