package io.gramian.backend.cuda;

import io.gramian.backend.Precision;
import io.gramian.jni.Kernels;
import io.gramian.jni.SolverCall;
import org.bytedeco.javacpp.Loader;
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
    private final StringBuilder missing = new StringBuilder();
    private @Nullable Cublas cublas;
    private @Nullable Cudnn cudnn;
    private @Nullable Cusolver cusolver;

    private CudaLibraries(Kernels kernels, long context) {
        this.kernels = kernels;
        this.context = context;
    }

    /**
     * The libraries of this machine on a stream.
     *
     * @param kernels those of the device, which is current
     * @param context of the stream
     * @param stream a {@code cudaStream_t}
     */
    public static CudaLibraries open(Kernels kernels, long context, long stream) {
        CudaLibraries libraries = new CudaLibraries(kernels, context);
        if ("off".equals(System.getProperty("gramian.cuda.libraries"))) {
            libraries.missing.append("turned off with -Dgramian.cuda.libraries=off");
            return libraries;
        }
        libraries.tryTo("cuBLAS", () -> libraries.cublas = new Cublas(stream, new Workspace(kernels, context)));
        libraries.tryTo("cuDNN", () -> libraries.cudnn = new Cudnn(stream, new Workspace(kernels, context)));
        libraries.tryTo(
                "cuSOLVER", () -> libraries.lend(new Cusolver(stream, kernels, context, new Workspace(kernels, context))));
        return libraries;
    }

    private void lend(Cusolver solver) {
        cusolver = solver;
        kernels.gramian_context_lend_solver(context, SolverCall.address(solver), 0, SOLVER_FROM);
    }

    /** A library that is not installed shows as one of three errors, by how far its classes came. */
    private void tryTo(String name, Runnable open) {
        try {
            Loader.load(org.bytedeco.cuda.global.cudart.class);
            open.run();
        } catch (LinkageError | io.gramian.GramianException absent) {
            missing.append(missing.isEmpty() ? "" : "; ")
                    .append(name)
                    .append(": ")
                    .append(absent.getMessage());
        }
    }

    /** What is not used and why, in words; empty when all three are. */
    public String missing() {
        return missing.toString();
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
        if (cublas == null || m == 0 || n == 0 || k == 0) {
            return false;
        }
        cublas.gemm(transposeA, transposeB, (int) m, (int) n, (int) k, alpha, a, b, beta, c, precision);
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
        if (cudnn == null || !fits) {
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
        return cudnn.run(key, x, weights, y);
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
