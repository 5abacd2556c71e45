package io.gramian.backend.cuda;

import io.gramian.DType;
import io.gramian.GramianException;
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
    /** Gradients of weights as bfloat16: of one convolution after the other. */
    private @Nullable Workspace roundedGradient;

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

    /**
     * {@code c = alpha op(a) op(b) + beta c} as in linear_algebra.h, a and b of one type, c of its own; false where cuBLAS is
     * missing.
     *
     * @param precision how float32 operands are rounded
     */
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
            DType operands,
            DType result,
            Precision precision) {
        // nothing to sum is no business of cuBLAS
        Cublas library = m == 0 || n == 0 || k == 0 ? null : cublas();
        if (library == null) {
            return false;
        }
        library.gemm(
                transposeA, transposeB, (int) m, (int) n, (int) k, alpha, a, b, beta, c, operands, result, precision);
        return true;
    }

    /**
     * {@code y} from {@code x} and {@code weights}, without bias; sizes n, h, w, c, k, kernelH, kernelW. Weights have the
     * type of the images.
     */
    public boolean convolve(long[] sizes, int stride, int padding, long x, long weights, long y, ConvolutionType type) {
        return convolution(ConvolutionKey.Pass.FORWARD, sizes, stride, padding, x, weights, y, type);
    }

    /** The gradient {@code dx} from {@code weights} and {@code dy}; false where cuDNN cannot. */
    public boolean convolveBackwardData(
            long[] sizes, int stride, int padding, long weights, long dy, long dx, ConvolutionType type) {
        return convolution(ConvolutionKey.Pass.BACKWARD_DATA, sizes, stride, padding, dx, weights, dy, type);
    }

    /**
     * The gradient {@code dweights} from {@code x} and {@code dy}; false where cuDNN cannot. Of bfloat16 tensors cuDNN
     * writes it as bfloat16, rounded once after its float32 sums, and it is widened to float32.
     */
    public boolean convolveBackwardWeights(
            long[] sizes, int stride, int padding, long x, long dy, long dweights, ConvolutionType type) {
        return convolution(ConvolutionKey.Pass.BACKWARD_WEIGHTS, sizes, stride, padding, x, dweights, dy, type);
    }

    private boolean convolution(
            ConvolutionKey.Pass pass,
            long[] s,
            int stride,
            int padding,
            long x,
            long weights,
            long y,
            ConvolutionType type) {
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
                type);
        // its tensor core algorithms copy 16 bytes at a time: a view that begins between is none of theirs
        boolean stored = type == ConvolutionType.STORED_BFLOAT16;
        if (stored && ((x | weights | y) % 16 != 0 || !library.has(key))) {
            return false;
        }
        if (stored && pass == ConvolutionKey.Pass.BACKWARD_WEIGHTS) {
            return widened(library, key, x, weights, y);
        }
        return library.run(key, x, weights, y);
    }

    /** The gradient of weights of bfloat16 tensors, which cuDNN gives in their type. */
    private boolean widened(Cudnn library, ConvolutionKey key, long x, long dweights, long y) {
        if (roundedGradient == null) {
            roundedGradient = new Workspace(kernels, context);
        }
        long count = (long) key.k() * key.kernelH() * key.kernelW() * key.c();
        long copy = roundedGradient.of(2 * count);
        if (!library.run(key, x, copy, y)) {
            return false;
        }
        check(kernels.gramian_widen_bf16(context, count, copy, dweights));
        return true;
    }

    private void check(int status) {
        if (status != Kernels.GRAMIAN_OK) {
            throw new GramianException(kernels.gramian_last_error().getString());
        }
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
        if (roundedGradient != null) {
            roundedGradient.close();
        }
    }
}
