package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Spectra;
import io.gramian.backend.Stream;
import io.gramian.backend.Whitening;
import io.gramian.backend.WhiteningMethod;
import io.gramian.jni.SolverCall;
import io.gramian.reference.EigenReference;
import io.gramian.reference.WhiteningReference;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the kernels do around the solver of another library: the seam that cuSOLVER stands behind on a GPU. */
class SimtLentSolverTest {
    private final Device device = DeviceUnderTest.get();

    @BeforeEach
    void onTheExecutor() {
        DeviceUnderTest.onlyOnTheExecutor("the solver that is lent here, LAPACK, reads and writes host memory");
    }

    @Test
    void choleskyWhiteningAgreesWithTheTruth() {
        int n = 150;
        int d = 131;
        double[] x = Truth.gaussian(3, 2 * n * d);
        double[] dy = Truth.gaussian(4, 2 * n * d);
        try (Scope scope = Scope.open();
                LapackSolver solver = new LapackSolver();
                Stream stream = lent(solver)) {
            Whitening whitening = device.backend().whitening(stream);
            Guarded y = Guarded.of(device, 2, n, d);
            Guarded w = Guarded.of(device, 2, d, d);
            Guarded dx = Guarded.of(device, 2, n, d);
            whitening.whiten(Truth.tensor(device, x, 2, n, d), 0.01f, y.tensor(), w.tensor());
            whitening.whitenBackward(y.tensor(), w.tensor(), Truth.tensor(device, dy, 2, n, d), 0.01f, dx.tensor());
            for (int b = 0; b < 2; b++) {
                double[] slice = Arrays.copyOfRange(x, b * n * d, (b + 1) * n * d);
                double[] upstream = Arrays.copyOfRange(dy, b * n * d, (b + 1) * n * d);
                double[] truth = WhiteningReference.value(slice, n, d, 0.01f);
                assertThat(Truth.error(part(y.values(), b), truth)).isLessThanOrEqualTo(2e-5);
                double[] gradient = WhiteningReference.gradient(slice, upstream, n, d, 0.01f);
                assertThat(Truth.error(part(dx.values(), b), gradient)).isLessThanOrEqualTo(5e-5);
            }
            assertThat(w.values()[1]).as("above the diagonal").isEqualTo(0f);
            assertThat(solver.calls()).isEqualTo(1);
        }
    }

    /** A dependent column, beyond rounding or within it, and NaN: the sentence is that of the kernels alone. */
    @Test
    void aBadSliceIsNamedAsWithoutTheSolver() {
        int n = 150;
        int d = 140;
        double[] dependent = Truth.gaussian(1, 2 * n * d);
        for (int r = 0; r < n; r++) {
            dependent[(n + r) * d + 2] = dependent[(n + r) * d];
        }
        double[] notANumber = Truth.gaussian(1, 2 * n * d);
        notANumber[n * d + 5] = Double.NaN;
        for (double[] x : new double[][] {dependent, notANumber}) {
            try (Scope scope = Scope.open();
                    LapackSolver solver = new LapackSolver();
                    Stream stream = lent(solver)) {
                Tensor slices = Truth.tensor(device, x, 2, n, d);
                String alone = sentence(device.backend().whitening(), slices);
                assertThat(sentence(device.backend().whitening(stream), slices)).isEqualTo(alone);
                assertThat(solver.calls()).isEqualTo(1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = WhiteningMethod.Kind.class,
            names = {"ZCA", "PCA"})
    void spectralWhiteningAgreesWithTheKernels(WhiteningMethod.Kind kind) {
        WhiteningMethod method = kind == WhiteningMethod.Kind.ZCA ? WhiteningMethod.ZCA : WhiteningMethod.PCA;
        int n = 40;
        int d = 17;
        double[] x = Truth.gaussian(6, 2 * n * d);
        try (Scope scope = Scope.open();
                LapackSolver solver = new LapackSolver();
                Stream stream = lent(solver)) {
            Tensor slices = Truth.tensor(device, x, 2, n, d);
            float[] alone = whitened(device.backend().whitening(), method, slices);
            float[] lent = whitened(device.backend().whitening(stream), method, slices);
            for (int i = 0; i < alone.length; i++) {
                assertThat(Math.abs(lent[i] - alone[i])).isLessThanOrEqualTo(1e-5f);
            }
            assertThat(solver.calls()).isEqualTo(1);
        }
    }

    @Test
    void eigenvaluesAgreeWithTheTruthAndNaNStaysInItsMatrix() {
        int d = 20;
        double[] s = Truth.gaussian(2, 3 * d * d);
        s[d * d] = Double.NaN;
        try (Scope scope = Scope.open();
                LapackSolver solver = new LapackSolver();
                Stream stream = lent(solver)) {
            Spectra spectra = device.backend().spectra(stream);
            double[][] values = spectra.eigenvalues(Truth.tensor(device, s, 3, d, d));
            for (int b : new int[] {0, 2}) {
                double[] truth = EigenReference.of(symmetric(s, b, d), d).values();
                for (int i = 0; i < d; i++) {
                    assertThat(Math.abs(values[b][i] - truth[i])).isLessThanOrEqualTo(1e-12 * Math.abs(truth[0]));
                }
            }
            assertThat(values[1]).containsOnly(Double.NaN);
            assertThat(solver.calls()).isEqualTo(1);
        }
    }

    /** The number stays on the device, where nobody waits for it: values become NaN, and whoever reads them says why. */
    @Test
    void eigenvaluesThatDidNotConvergeAreAnError() {
        double[] s = Truth.gaussian(2, 3 * 20 * 20);
        s[0] = Double.NaN;
        try (Scope scope = Scope.open();
                SolverCall.Function solver = givingUp(2);
                Stream stream = lent(solver)) {
            Spectra spectra = device.backend().spectra(stream);
            Tensor matrices = Truth.tensor(device, s, 3, 20, 20);
            String sentence =
                    "eigenvalues of matrix 2 of 3, of order 20, did not converge, though all values are numbers; "
                            + "compute them on Device.cpu()";
            assertThatThrownBy(() -> spectra.eigenvalues(matrices))
                    .isInstanceOf(GramianException.class)
                    .hasMessage(sentence);
            assertThatThrownBy(() -> spectra.singularValuesOfBatch(matrices, false, false))
                    .isInstanceOf(GramianException.class)
                    .hasMessage(sentence);
            Tensor one = Truth.tensor(device, Truth.gaussian(3, 9), 3, 3);
            try (SolverCall.Function never = givingUp(0);
                    Stream other = lent(never)) {
                assertThatThrownBy(() -> device.backend().spectra(other).singularValues(one, true, true))
                        .isInstanceOf(GramianException.class)
                        .hasMessageContaining("matrix 0 of 1, of order 3, did not converge");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = WhiteningMethod.Kind.class,
            names = {"ZCA", "PCA"})
    void aSliceWhoseEigenvectorsDidNotConvergeIsNamed(WhiteningMethod.Kind kind) {
        WhiteningMethod method = kind == WhiteningMethod.Kind.ZCA ? WhiteningMethod.ZCA : WhiteningMethod.PCA;
        try (Scope scope = Scope.open();
                SolverCall.Function solver = givingUp(1);
                Stream stream = lent(solver)) {
            Tensor slices = Truth.tensor(device, Truth.gaussian(6, 2 * 40 * 17), 2, 40, 17);
            assertThatThrownBy(() -> whitened(device.backend().whitening(stream), method, slices))
                    .isInstanceOf(GramianException.class)
                    .hasMessageContaining(
                            "whitening of batch entry 1: the eigenvalues did not converge, though all values "
                                    + "are numbers; whiten by Cholesky, or with a larger eps (1e-4, say)");
        }
    }

    /** LAPACK that says of one matrix that it did not converge. */
    private static SolverCall.Function givingUp(long matrix) {
        return new LapackSolver() {
            @Override
            public int call(long state, int task, long batch, long n, long matrices, long values, long info) {
                int status = super.call(state, task, batch, n, matrices, values, info);
                put(info, matrix, 5);
                return status;
            }
        };
    }

    @Test
    void aSolverThatFailsIsAnError() {
        try (Scope scope = Scope.open();
                SolverCall.Function refusing = new SolverCall.Function() {
                    @Override
                    public int call(long state, int task, long batch, long n, long matrices, long values, long info) {
                        return 7;
                    }
                };
                Stream stream = lent(refusing)) {
            Tensor s = Truth.tensor(device, Truth.gaussian(1, 9), 1, 3, 3);
            assertThatThrownBy(() -> device.backend().spectra(stream).eigenvalues(s))
                    .isInstanceOf(GramianException.class)
                    .hasMessageContaining("the lent solver returned 7 for task 1, 1 matrices of order 3");
        }
    }

    @Test
    void anExceptionOfTheSolverArrives() {
        try (Scope scope = Scope.open();
                SolverCall.Function throwing = new SolverCall.Function() {
                    @Override
                    public int call(long state, int task, long batch, long n, long matrices, long values, long info) {
                        throw new GramianException("no workspace today");
                    }
                };
                Stream stream = lent(throwing)) {
            Tensor s = Truth.tensor(device, Truth.gaussian(1, 9), 1, 3, 3);
            assertThatThrownBy(() -> device.backend().spectra(stream).eigenvalues(s))
                    .isInstanceOf(GramianException.class)
                    .hasMessageContaining("no workspace today");
        }
    }

    private Stream lent(SolverCall.Function solver) {
        Stream stream = DeviceUnderTest.stream(device, 1);
        stream.lendSolver(solver, 1);
        return stream;
    }

    private String sentence(Whitening whitening, Tensor x) {
        long n = x.shape().size(1);
        long d = x.shape().size(2);
        Tensor y = Tensor.empty(device, 2, n, d);
        Tensor w = Tensor.empty(device, 2, d, d);
        try {
            whitening.whiten(x, 0, y, w);
        } catch (GramianException bad) {
            return String.valueOf(bad.getMessage());
        }
        throw new AssertionError("the slice was whitened");
    }

    private float[] whitened(Whitening whitening, WhiteningMethod method, Tensor x) {
        long n = x.shape().size(1);
        long d = x.shape().size(2);
        Tensor y = Tensor.empty(device, 2, n, d);
        Tensor roots = Tensor.empty(device, io.gramian.DType.FLOAT64, 2, d);
        whitening.whitenSpectral(method, x, 0, y, Tensor.empty(device, 2, d, d), roots);
        return y.toFloats();
    }

    private static float[] part(float[] values, int b) {
        return Arrays.copyOfRange(values, b * values.length / 2, (b + 1) * values.length / 2);
    }

    private static double[] symmetric(double[] s, int b, int d) {
        double[] matrix = new double[d * d];
        for (int i = 0; i < d; i++) {
            for (int k = 0; k < d; k++) {
                matrix[i * d + k] = s[b * d * d + Math.max(i, k) * d + Math.min(i, k)];
            }
        }
        return matrix;
    }
}
