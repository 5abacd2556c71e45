/**
 * cuBLAS, cuDNN and cuSOLVER where the machine has them, called through the presets of {@code org.bytedeco:cuda}. Its classes
 * are touched only on a machine with a device; without them the kernels of this project do the same work.
 */
@NullMarked
package io.gramian.backend.cuda;

import org.jspecify.annotations.NullMarked;
