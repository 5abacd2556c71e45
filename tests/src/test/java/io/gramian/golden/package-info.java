/** Golden cases: what the authors' own implementations computed, run on the float64 truth and on the kernels. */
@NullMarked
package io.gramian.golden;

import org.jspecify.annotations.NullMarked;
