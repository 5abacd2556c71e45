/** Memory and streams of JCuda's, for the kernels here, and tensors for JCuda. */
@NullMarked
package io.gramian.jcuda;

import org.jspecify.annotations.NullMarked;
