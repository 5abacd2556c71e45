package io.gramian.backend;

import io.gramian.jni.Kernels;

/** How the operands of products are rounded before they are multiplied. Sums are float32 in every case. */
public enum Precision {
    /** Not at all. */
    FLOAT32(Kernels.GRAMIAN_PRECISION_FLOAT32),
    /** To TF32, 10 bits of mantissa: relative error of an operand {@code 2^-11}. Tensor cores of CUDA devices. */
    TF32(Kernels.GRAMIAN_PRECISION_TF32),
    /** To bfloat16, 7 bits of mantissa: relative error of an operand {@code 2^-8}. Tensor cores of CUDA devices. */
    BFLOAT16(Kernels.GRAMIAN_PRECISION_BFLOAT16);

    private final int code;

    Precision(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
