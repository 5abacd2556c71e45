package io.gramian.backend.cuda;

import static org.bytedeco.cuda.global.cublas.CUBLAS_DIAG_NON_UNIT;
import static org.bytedeco.cuda.global.cublas.CUBLAS_FILL_MODE_UPPER;
import static org.bytedeco.cuda.global.cudart.CUDA_R_64F;
import static org.bytedeco.cuda.global.cusolver.CUSOLVER_EIG_MODE_NOVECTOR;
import static org.bytedeco.cuda.global.cusolver.CUSOLVER_EIG_MODE_VECTOR;
import static org.bytedeco.cuda.global.cusolver.cusolverDnCreate;
import static org.bytedeco.cuda.global.cusolver.cusolverDnCreateParams;
import static org.bytedeco.cuda.global.cusolver.cusolverDnDestroy;
import static org.bytedeco.cuda.global.cusolver.cusolverDnDestroyParams;
import static org.bytedeco.cuda.global.cusolver.cusolverDnSetStream;
import static org.bytedeco.cuda.global.cusolver.cusolverDnXpotrf;
import static org.bytedeco.cuda.global.cusolver.cusolverDnXpotrf_bufferSize;
import static org.bytedeco.cuda.global.cusolver.cusolverDnXsyevBatched;
import static org.bytedeco.cuda.global.cusolver.cusolverDnXsyevBatched_bufferSize;
import static org.bytedeco.cuda.global.cusolver.cusolverDnXsyevd;
import static org.bytedeco.cuda.global.cusolver.cusolverDnXsyevd_bufferSize;
import static org.bytedeco.cuda.global.cusolver.cusolverDnXtrtri;
import static org.bytedeco.cuda.global.cusolver.cusolverDnXtrtri_bufferSize;

import io.gramian.GramianException;
import io.gramian.jni.Kernels;
import io.gramian.jni.SolverCall;
import org.bytedeco.cuda.cusolver.cusolverDnContext;
import org.bytedeco.cuda.cusolver.cusolverDnParams;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of solver.h by cuSOLVER, on one stream. cuSOLVER reads columns: its upper triangle is our lower one, and its
 * eigenvectors, which are columns, are our rows.
 */
final class Cusolver extends SolverCall.Function {
    /** The int that an inverse writes, and room so that the workspace behind it stays aligned. */
    private static final long INFO_ALIGNMENT = 256;

    private static final int UPPER = CUBLAS_FILL_MODE_UPPER;
    private static final int DOUBLE = CUDA_R_64F;

    private final long stream;
    private final Workspace workspace;
    private @Nullable Handle made;
    private final SizeTPointer deviceBytes = new SizeTPointer(1);
    private final SizeTPointer hostBytes = new SizeTPointer(1);
    private BytePointer host = new BytePointer(1);

    private record Handle(cusolverDnContext solver, cusolverDnParams params) {}

    Cusolver(long stream, Workspace workspace) {
        this.stream = stream;
        this.workspace = workspace;
    }

    private Handle handle() {
        if (made == null) {
            Handle handle = new Handle(new cusolverDnContext(), new cusolverDnParams());
            check(cusolverDnCreate(handle.solver()), "creating a handle");
            check(cusolverDnSetStream(handle.solver(), Addresses.stream(stream)), "setting the stream");
            check(cusolverDnCreateParams(handle.params()), "creating parameters");
            made = handle;
        }
        return made;
    }

    @Override
    public int call(long state, int task, long batch, long n, long matrices, long values, long info) {
        switch (task) {
            case Kernels.GRAMIAN_SOLVE_INVERSE_FACTOR -> inverseFactors(batch, n, matrices, info);
            case Kernels.GRAMIAN_SOLVE_EIGENVALUES ->
                eigen(CUSOLVER_EIG_MODE_NOVECTOR, batch, n, matrices, values, info);
            case Kernels.GRAMIAN_SOLVE_EIGENVECTORS ->
                eigen(CUSOLVER_EIG_MODE_VECTOR, batch, n, matrices, values, info);
            default -> {
                return 1;
            }
        }
        return 0;
    }

    private void eigen(int mode, long batch, long n, long matrices, long values, long info) {
        Pointer a = Addresses.of(matrices);
        Pointer w = Addresses.of(values);
        if (batch == 1) {
            one(mode, n, a, w, Addresses.ints(info));
        } else {
            many(mode, batch, n, a, w, Addresses.ints(info));
        }
    }

    private void one(int mode, long n, Pointer a, Pointer w, IntPointer info) {
        Handle h = handle();
        check(
                cusolverDnXsyevd_bufferSize(
                        h.solver(),
                        h.params(),
                        mode,
                        UPPER,
                        n,
                        DOUBLE,
                        a,
                        n,
                        DOUBLE,
                        w,
                        DOUBLE,
                        deviceBytes,
                        hostBytes),
                "sizes of an eigenproblem");
        Pointer work = Addresses.of(reserve(0));
        check(
                cusolverDnXsyevd(
                        h.solver(),
                        h.params(),
                        mode,
                        UPPER,
                        n,
                        DOUBLE,
                        a,
                        n,
                        DOUBLE,
                        w,
                        DOUBLE,
                        work,
                        deviceBytes.get(),
                        host,
                        hostBytes.get(),
                        info),
                "eigenvalues of order " + n);
    }

    private void many(int mode, long batch, long n, Pointer a, Pointer w, IntPointer info) {
        Handle h = handle();
        SizeTPointer device = deviceBytes;
        check(
                cusolverDnXsyevBatched_bufferSize(
                        h.solver(),
                        h.params(),
                        mode,
                        UPPER,
                        n,
                        DOUBLE,
                        a,
                        n,
                        DOUBLE,
                        w,
                        DOUBLE,
                        device,
                        hostBytes,
                        batch),
                "sizes of a batch of eigenproblems");
        Pointer work = Addresses.of(reserve(0));
        check(
                cusolverDnXsyevBatched(
                        h.solver(),
                        h.params(),
                        mode,
                        UPPER,
                        n,
                        DOUBLE,
                        a,
                        n,
                        DOUBLE,
                        w,
                        DOUBLE,
                        work,
                        device.get(),
                        host,
                        hostBytes.get(),
                        info,
                        batch),
                batch + " eigenproblems of order " + n);
    }

    private void inverseFactors(long batch, long n, long matrices, long info) {
        askFactorSizes(n, Addresses.of(matrices));
        long at = reserve(INFO_ALIGNMENT);
        Pointer work = Addresses.of(at + INFO_ALIGNMENT);
        for (long b = 0; b < batch; b++) {
            Pointer a = Addresses.of(matrices + b * n * n * Double.BYTES);
            factor(n, a, work, Addresses.ints(info + b * Integer.BYTES));
            invert(n, a, work, Addresses.ints(at)); // its own int: it must not hide what the factor said
        }
    }

    /** The larger of what a factor and its inverse need. */
    private void askFactorSizes(long n, Pointer a) {
        Handle h = handle();
        check(
                cusolverDnXpotrf_bufferSize(
                        h.solver(), h.params(), UPPER, n, DOUBLE, a, n, DOUBLE, deviceBytes, hostBytes),
                "sizes of a factorisation");
        long factorDevice = deviceBytes.get();
        long factorHost = hostBytes.get();
        check(
                cusolverDnXtrtri_bufferSize(
                        h.solver(), UPPER, CUBLAS_DIAG_NON_UNIT, n, DOUBLE, a, n, deviceBytes, hostBytes),
                "sizes of an inverse");
        deviceBytes.put(Math.max(deviceBytes.get(), factorDevice));
        hostBytes.put(Math.max(hostBytes.get(), factorHost));
    }

    private void factor(long n, Pointer a, Pointer work, IntPointer info) {
        Handle h = handle();
        long device = deviceBytes.get();
        check(
                cusolverDnXpotrf(
                        h.solver(),
                        h.params(),
                        UPPER,
                        n,
                        DOUBLE,
                        a,
                        n,
                        DOUBLE,
                        work,
                        device,
                        host,
                        hostBytes.get(),
                        info),
                "a Cholesky factor of order " + n);
    }

    private void invert(long n, Pointer a, Pointer work, IntPointer info) {
        cusolverDnContext solver = handle().solver();
        long device = deviceBytes.get();
        check(
                cusolverDnXtrtri(
                        solver,
                        UPPER,
                        CUBLAS_DIAG_NON_UNIT,
                        n,
                        DOUBLE,
                        a,
                        n,
                        work,
                        device,
                        host,
                        hostBytes.get(),
                        info),
                "the inverse of a factor of order " + n);
    }

    /** Workspace of the sizes that were asked last, behind so many bytes. */
    private long reserve(long before) {
        if (hostBytes.get() > host.capacity()) {
            host.close();
            host = new BytePointer(hostBytes.get());
        }
        return workspace.of(before + deviceBytes.get());
    }

    private static void check(int status, String what) {
        if (status != 0) {
            throw new GramianException("cuSOLVER, " + what + ": status " + status);
        }
    }

    @Override
    public void close() {
        if (made != null) {
            cusolverDnDestroyParams(made.params());
            cusolverDnDestroy(made.solver());
        }
        deviceBytes.close();
        hostBytes.close();
        host.close();
        workspace.close();
        super.close();
    }
}
