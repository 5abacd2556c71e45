package io.gramian.device;

import io.gramian.jni.Kernels;
import io.gramian.jni.SolverCall;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.openblas.global.openblas;

/**
 * The tasks of solver.h by LAPACK, on the SIMT executor, whose memory is the host's: what cuSOLVER is on a GPU, in the same
 * layout. Its upper triangle of columns is the lower one of rows.
 */
final class LapackSolver extends SolverCall.Function {
    private static final int BY_COLUMNS = openblas.LAPACK_COL_MAJOR;

    private int calls;

    int calls() {
        return calls;
    }

    @Override
    public int call(long state, int task, long batch, long n, long matrices, long values) {
        calls++;
        int order = Math.toIntExact(n);
        for (long b = 0; b < batch; b++) {
            DoublePointer a = at(matrices + b * n * n * Double.BYTES);
            switch (task) {
                case Kernels.GRAMIAN_SOLVE_INVERSE_FACTOR -> {
                    int failed = openblas.LAPACKE_dpotrf(BY_COLUMNS, (byte) 'U', order, a, order);
                    at(values).put(b, failed);
                    if (failed == 0) {
                        openblas.LAPACKE_dtrtri(BY_COLUMNS, (byte) 'U', (byte) 'N', order, a, order);
                    }
                }
                case Kernels.GRAMIAN_SOLVE_EIGENVALUES -> eigen('N', order, a, values + b * n * Double.BYTES);
                case Kernels.GRAMIAN_SOLVE_EIGENVECTORS -> eigen('V', order, a, values + b * n * Double.BYTES);
                default -> {
                    return 1;
                }
            }
        }
        return 0;
    }

    private static void eigen(char vectors, int n, DoublePointer a, long values) {
        openblas.LAPACKE_dsyevd(BY_COLUMNS, (byte) vectors, (byte) 'U', n, a, n, at(values));
    }

    private static DoublePointer at(long place) {
        return new DoublePointer() {
            {
                address = place;
            }
        };
    }
}
