/** The seam between Java and a machine: each operation checks every argument here, then calls the kernels. */
@NullMarked
package io.gramian.backend;

import org.jspecify.annotations.NullMarked;
