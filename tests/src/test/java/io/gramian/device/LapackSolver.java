package io.gramian.device;

import io.gramian.jni.Kernels;
import io.gramian.jni.SolverCall;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.openblas.global.openblas;

/**
 * The tasks of solver.h by LAPACK, on the SIMT executor, whose memory is the host's: what cuSOLVER is on a GPU, in the same
 * layout. Its upper triangle of columns is the lower one of rows.
 */
class LapackSolver extends SolverCall.Function {
    private static final int BY_COLUMNS = openblas.LAPACK_COL_MAJOR;

    private int calls;

    int calls() {
        return calls;
    }

    @Override
    public int call(long state, int task, long batch, long n, long matrices, long values, long info) {
        calls++;
        int order = Math.toIntExact(n);
        for (long b = 0; b < batch; b++) {
            DoublePointer a = at(matrices + b * n * n * Double.BYTES);
            switch (task) {
                case Kernels.GRAMIAN_SOLVE_INVERSE_FACTOR -> put(info, b, inverseFactor(order, a));
                case Kernels.GRAMIAN_SOLVE_EIGENVALUES ->
                    put(info, b, eigen('N', order, a, at(values + b * n * Double.BYTES)));
                case Kernels.GRAMIAN_SOLVE_EIGENVECTORS ->
                    put(info, b, eigen('V', order, a, at(values + b * n * Double.BYTES)));
                default -> {
                    return 1;
                }
            }
        }
        return 0;
    }

    private static int inverseFactor(int n, DoublePointer a) {
        int failed = openblas.LAPACKE_dpotrf(BY_COLUMNS, (byte) 'U', n, a, n);
        return failed != 0 ? failed : openblas.LAPACKE_dtrtri(BY_COLUMNS, (byte) 'U', (byte) 'N', n, a, n);
    }

    private static int eigen(char vectors, int n, DoublePointer a, DoublePointer values) {
        return openblas.LAPACKE_dsyevd(BY_COLUMNS, (byte) vectors, (byte) 'U', n, a, n, values);
    }

    /** Writes what the solver says of a matrix. */
    static void put(long info, long matrix, int said) {
        new IntPointer() {
            {
                address = info;
            }
        }.put(matrix, said);
    }

    private static DoublePointer at(long place) {
        return new DoublePointer() {
            {
                address = place;
            }
        };
    }
}
