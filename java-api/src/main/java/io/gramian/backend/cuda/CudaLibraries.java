package io.gramian.backend.cuda;

import io.gramian.backend.Precision;
import io.gramian.jni.Kernels;
import io.gramian.jni.SolverCall;
import org.jspecify.annotations.Nullable;

/**
 * cuBLAS, cuDNN and cuSOLVER on the stream of one context. Each is there by itself: what is missing, and why, is said by
 * {@link #missing}, and the kernels of this project do its work. {@code -Dgramian.cuda.libraries=off} leaves all of them out.
 */
public final class CudaLibraries implements AutoCloseable {
    /** Above what the kernels of this project keep in shared memory: 200 columns of a factor, 180 of an eigenproblem. */
    private static final long SOLVER_FROM = 181;

    private final Kernels kernels;
    private final long context;
    private final long stream;
    private @Nullable Cublas cublas;
    private @Nullable Cudnn cudnn;
    private final @Nullable Cusolver cusolver;

    /**
     * The libraries of this machine on a stream. Handles are made when they are first used.
     *
     * @param kernels those of the device
     * @param context of the stream
     * @param stream a {@code cudaStream_t}
     */
    public CudaLibraries(Kernels kernels, long context, long stream) {
        this.kernels = kernels;
        this.context = context;
        this.stream = stream;
        if (Installed.result().cusolver().isEmpty()) {
            cusolver = new Cusolver(stream, new Workspace(kernels, context));
            kernels.gramian_context_lend_solver(context, SolverCall.address(cusolver), 0, SOLVER_FROM);
        } else {
            cusolver = null;
        }
    }

    /** What is not used and why, in words; empty when all three are. */
    public static String missing() {
        return Installed.result().missing();
    }

    private @Nullable Cublas cublas() {
        if (cublas == null && Installed.result().cublas().isEmpty()) {
            cublas = new Cublas(stream, new Workspace(kernels, context));
        }
        return cublas;
    }

    private @Nullable Cudnn cudnn() {
        if (cudnn == null && Installed.result().cudnn().isEmpty()) {
            cudnn = new Cudnn(stream, new Workspace(kernels, context));
        }
        return cudnn;
    }

    /** {@code c = alpha op(a) op(b) + beta c} as in linear_algebra.h; false where cuBLAS is missing. */
    public boolean gemm(
            boolean transposeA,
            boolean transposeB,
            long m,
            long n,
            long k,
            float alpha,
            long a,
            long b,
            float beta,
            long c,
            Precision precision) {
        // nothing to sum is no business of cuBLAS
        Cublas library = m == 0 || n == 0 || k == 0 ? null : cublas();
        if (library == null) {
            return false;
        }
        library.gemm(transposeA, transposeB, (int) m, (int) n, (int) k, alpha, a, b, beta, c, precision);
        return true;
    }

    /** {@code y} from {@code x} and {@code weights}, without bias; sizes n, h, w, c, k, kernelH, kernelW. */
    public boolean convolve(long[] sizes, int stride, int padding, long x, long weights, long y, Precision precision) {
        return convolution(ConvolutionKey.Pass.FORWARD, sizes, stride, padding, x, weights, y, precision);
    }

    /** The gradient {@code dx} from {@code weights} and {@code dy}; false where cuDNN cannot. */
    public boolean convolveBackwardData(
            long[] sizes, int stride, int padding, long weights, long dy, long dx, Precision precision) {
        return convolution(ConvolutionKey.Pass.BACKWARD_DATA, sizes, stride, padding, dx, weights, dy, precision);
    }

    /** The gradient {@code dweights} from {@code x} and {@code dy}; false where cuDNN cannot. */
    public boolean convolveBackwardWeights(
            long[] sizes, int stride, int padding, long x, long dy, long dweights, Precision precision) {
        return convolution(ConvolutionKey.Pass.BACKWARD_WEIGHTS, sizes, stride, padding, x, dweights, dy, precision);
    }

    private boolean convolution(
            ConvolutionKey.Pass pass,
            long[] s,
            int stride,
            int padding,
            long x,
            long weights,
            long y,
            Precision precision) {
        // cuDNN counts elements of a tensor in 31 bits
        boolean fits = s[0] * s[1] * s[2] * Math.max(s[3], s[4]) <= Integer.MAX_VALUE;
        Cudnn library = fits ? cudnn() : null;
        if (library == null) {
            return false;
        }
        ConvolutionKey key = new ConvolutionKey(
                pass,
                (int) s[0],
                (int) s[1],
                (int) s[2],
                (int) s[3],
                (int) s[4],
                (int) s[5],
                (int) s[6],
                stride,
                padding,
                precision);
        return library.run(key, x, weights, y);
    }

    @Override
    public void close() {
        if (cusolver != null) {
            kernels.gramian_context_lend_solver(context, 0, 0, 0);
            cusolver.close();
        }
        if (cudnn != null) {
            cudnn.close();
        }
        if (cublas != null) {
            cublas.close();
        }
    }
}
