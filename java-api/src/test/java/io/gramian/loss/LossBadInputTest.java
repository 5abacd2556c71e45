package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.WhiteningMethod;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every loss of this package's redundancy and whitening families says to arguments that it cannot use. */
class LossBadInputTest {
    private final Device device = Device.cpu();
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    static Stream<MultiViewLoss> losses() {
        return Stream.of(
                BarlowTwins.defaults(),
                new BarlowTwins(0.005f, 1e-5f, 1, Standardization.UNBIASED, GramSide.SAMPLES),
                VicReg.defaults(),
                VicRegExp.defaults(),
                VicRegCtr.defaults(),
                new WMse(8, 1, 0, true, 0),
                new WMse(8, 1, 0, true, WhiteningMethod.ZCA, false, 0),
                new WMse(8, 1, 0, false, WhiteningMethod.iterative(5), true, 0),
                AlignmentUniformity.defaults(),
                new LeJepa(0.5f, 8, 17, 3, 0, 0));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void shapesThatDoNotFit(MultiViewLoss loss) {
        Tensor z = random(8, 3);
        refuses(() -> loss.value(List.of(z, random(8, 2))), "expected the shape of");
        refuses(() -> loss.value(List.of(z, random(16, 3))), "expected the shape of");
        refuses(() -> loss.value(List.of(Tensor.zeros(device, 8), Tensor.zeros(device, 8))), "expected a matrix");
        refuses(() -> loss.value(List.of(Tensor.zeros(device, 2, 8, 3), z)), "expected");
        refuses(() -> loss.value(List.of(z, Tensor.empty(device, DType.INT32, 8, 3))), "expected FLOAT32");
        refuses(() -> loss.valueAndGradient(List.of(z, z), List.of(z.copy(), random(3, 8))), "expected");
        refuses(() -> loss.valueAndGradient(List.of(z, z), List.of(z.copy())), "expected 2");
        refuses(() -> loss.value(List.of()), "views");
    }

    @ParameterizedTest
    @MethodSource("losses")
    void aliasesAndClosedTensors(MultiViewLoss loss) {
        Tensor z = random(8, 3);
        Tensor dz = z.copy();
        refuses(() -> loss.valueAndGradient(List.of(z, z.copy()), List.of(z, dz)), "overlaps");
        refuses(() -> loss.valueAndGradient(List.of(z, z.copy()), List.of(dz, dz)), "overlaps");
        Tensor both = random(12, 3);
        // a gradient that begins inside a view
        refuses(() -> loss.valueAndGradient(List.of(both.rows(0, 8), z), List.of(both.rows(4, 12), dz)), "overlaps");
        Tensor closed = random(8, 3);
        closed.close();
        assertThatThrownBy(() -> loss.value(List.of(z, closed)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("was closed");
        assertThatThrownBy(() -> loss.valueAndGradient(List.of(z, z), List.of(dz, closed)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("was closed");
    }

    @ParameterizedTest
    @MethodSource("losses")
    void oneTensorMayBeBothViews(MultiViewLoss loss) {
        Tensor z = random(8, 3);
        List<Tensor> gradients = List.of(z.copy(), z.copy());
        assertThat(loss.valueAndGradient(List.of(z, z), gradients))
                .isFinite()
                .isEqualTo(loss.value(List.of(z, z.copy())));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void nanAndInfinityShow(MultiViewLoss loss) {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            Tensor z = random(8, 3);
            float[] values = z.toFloats();
            values[10] = bad;
            Tensor spoilt = Tensor.of(device, values, 8, 3);
            for (List<Tensor> views : List.of(List.of(spoilt, z), List.of(z, spoilt))) {
                List<Tensor> gradients = List.of(z.copy(), z.copy());
                double value = loss.valueAndGradient(views, gradients);
                assertThat(value).as("%s with %s", loss, bad).isNaN();
                assertThat(loss.value(views)).isNaN();
            }
        }
    }

    /** More dimensions than samples are fine, unless a covariance of full rank is needed. */
    @ParameterizedTest
    @MethodSource("losses")
    void moreDimensionsThanSamples(MultiViewLoss loss) {
        Tensor z = random(8, 30);
        List<Tensor> views = List.of(z, random(8, 30));
        if (loss instanceof WMse wmse && wmse.whitening().steps() == 0) {
            refuses(
                    () -> loss.value(views),
                    "w_size: expected at least 31 rows for 30 columns (the covariance of fewer is singular; twice the"
                            + " columns is usual), got 8");
        } else {
            assertThat(loss.valueAndGradient(views, List.of(z.copy(), z.copy())))
                    .isFinite();
        }
    }

    @ParameterizedTest
    @MethodSource("losses")
    void oneRowZeroRowsOneColumn(MultiViewLoss loss) {
        boolean sigReg = loss instanceof LeJepa;
        Tensor one = random(1, 3);
        if (sigReg) {
            assertThat(loss.value(List.of(one, one))).isFinite();
        } else {
            refuses(() -> loss.value(List.of(one, one)), "expected at");
        }
        Tensor none = Tensor.zeros(device, 0, 3);
        refuses(() -> loss.value(List.of(none, none)), "expected at");
        Tensor flat = Tensor.zeros(device, 8, 0);
        refuses(() -> loss.value(List.of(flat, flat)), "expected");
        Tensor column = random(8, 1);
        if (loss instanceof VicRegExp || loss instanceof VicRegCtr) {
            refuses(() -> loss.value(List.of(column, column)), "features: expected at least 2");
        } else {
            assertThat(loss.value(List.of(column, random(8, 1)))).isFinite();
        }
    }

    private Tensor random(int n, int d) {
        return Batches.tensor(Batches.random(31L * n + d, n, d), n, d);
    }

    private static void refuses(Runnable call, String message) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
