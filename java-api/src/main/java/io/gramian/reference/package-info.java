/** The truth: float64 textbook loops over {@code double[]}, Gram matrices stored, no line shared with the kernels. */
@NullMarked
package io.gramian.reference;

import org.jspecify.annotations.NullMarked;
