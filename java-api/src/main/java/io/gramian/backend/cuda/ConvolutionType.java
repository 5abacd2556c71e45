package io.gramian.backend.cuda;

/** What cuDNN is given to convolve, and how it multiplies; sums are float32. */
public enum ConvolutionType {
    /** Float32 tensors, products as exact as their operands. */
    FLOAT32,
    /** Float32 tensors, whose elements become TF32: also for bfloat16, of which cuDNN makes none from float32. */
    TF32,
    /** Tensors of bfloat16: activations as they lie, weights and their gradients through a copy. */
    STORED_BFLOAT16
}
