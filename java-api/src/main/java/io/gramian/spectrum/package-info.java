/** Singular values, ranks and other signs of collapse. */
@NullMarked
package io.gramian.spectrum;

import org.jspecify.annotations.NullMarked;
