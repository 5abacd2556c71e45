package io.gramian.backend.cuda;

import static org.bytedeco.cuda.global.cublas.CUBLAS_COMPUTE_32F;
import static org.bytedeco.cuda.global.cublas.CUBLAS_COMPUTE_32F_FAST_16BF;
import static org.bytedeco.cuda.global.cublas.CUBLAS_COMPUTE_32F_FAST_TF32;
import static org.bytedeco.cuda.global.cublas.CUBLAS_GEMM_DEFAULT;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_N;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_T;
import static org.bytedeco.cuda.global.cublas.cublasCreate_v2;
import static org.bytedeco.cuda.global.cublas.cublasDestroy_v2;
import static org.bytedeco.cuda.global.cublas.cublasGemmEx;
import static org.bytedeco.cuda.global.cublas.cublasGetStatusString;
import static org.bytedeco.cuda.global.cublas.cublasSetStream_v2;
import static org.bytedeco.cuda.global.cublas.cublasSetWorkspace_v2;
import static org.bytedeco.cuda.global.cudart.CUDA_R_16BF;
import static org.bytedeco.cuda.global.cudart.CUDA_R_32F;

import io.gramian.DType;
import io.gramian.GramianException;
import io.gramian.backend.Precision;
import org.bytedeco.cuda.cublas.cublasContext;
import org.bytedeco.javacpp.FloatPointer;

/** Matrix products by cuBLAS on one stream. */
final class Cublas implements AutoCloseable {
    /** What cuBLAS recommends for Hopper; of our own, so that graphs may hold it and equal calls give equal bits. */
    private static final long WORKSPACE_BYTES = 32L << 20;

    private final cublasContext handle = new cublasContext();
    private final Workspace workspace;
    private final FloatPointer alpha = new FloatPointer(1);
    private final FloatPointer beta = new FloatPointer(1);

    Cublas(long stream, Workspace workspace) {
        this.workspace = workspace;
        check(cublasCreate_v2(handle), "creating a handle");
        check(cublasSetStream_v2(handle, Addresses.stream(stream)), "setting the stream");
        check(
                cublasSetWorkspace_v2(handle, Addresses.of(workspace.of(WORKSPACE_BYTES)), WORKSPACE_BYTES),
                "setting the workspace");
    }

    /**
     * {@code c (m,n) = alpha op(a) op(b) + beta c}, row-major; sizes below 2^31. cuBLAS reads columns, so it computes the
     * transpose of c from the transposes of b and a, which lie there already.
     */
    void gemm(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float alphaValue,
            long a,
            long b,
            float betaValue,
            long c,
            DType operands,
            DType result,
            Precision precision) {
        alpha.put(alphaValue);
        beta.put(betaValue);
        int status = cublasGemmEx(
                handle,
                transposeB ? CUBLAS_OP_T : CUBLAS_OP_N,
                transposeA ? CUBLAS_OP_T : CUBLAS_OP_N,
                n,
                m,
                k,
                alpha,
                Addresses.of(b),
                typeOf(operands),
                transposeB ? k : n,
                Addresses.of(a),
                typeOf(operands),
                transposeA ? m : k,
                beta,
                Addresses.of(c),
                typeOf(result),
                n,
                operands == DType.BFLOAT16 ? CUBLAS_COMPUTE_32F : computeType(precision),
                CUBLAS_GEMM_DEFAULT);
        check(status, "a product of " + m + " x " + k + " with " + k + " x " + n);
    }

    private static int typeOf(DType type) {
        return type == DType.BFLOAT16 ? CUDA_R_16BF : CUDA_R_32F;
    }

    /** How float32 operands are multiplied; those of bfloat16 have products that float32 holds. */
    private static int computeType(Precision precision) {
        return switch (precision) {
            case FLOAT32 -> CUBLAS_COMPUTE_32F;
            case TF32 -> CUBLAS_COMPUTE_32F_FAST_TF32;
            case BFLOAT16 -> CUBLAS_COMPUTE_32F_FAST_16BF;
        };
    }

    private static void check(int status, String what) {
        if (status != 0) {
            throw new GramianException(
                    "cuBLAS, " + what + ": " + cublasGetStatusString(status).getString());
        }
    }

    @Override
    public void close() {
        cublasDestroy_v2(handle);
        alpha.close();
        beta.close();
        workspace.close();
    }
}
