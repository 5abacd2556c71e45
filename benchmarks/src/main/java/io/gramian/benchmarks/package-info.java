/** Kernels and the training step, measured beside PyTorch in one run. */
@NullMarked
package io.gramian.benchmarks;

import org.jspecify.annotations.NullMarked;
