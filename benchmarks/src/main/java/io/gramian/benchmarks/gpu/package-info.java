/** The benchmarks of a GPU, in a program without JMH and without peers of its own: PyTorch is measured by scripts. */
@NullMarked
package io.gramian.benchmarks.gpu;

import org.jspecify.annotations.NullMarked;
