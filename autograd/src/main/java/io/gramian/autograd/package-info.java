/** A small reverse-mode differentiation engine on tensors. */
@NullMarked
package io.gramian.autograd;

import org.jspecify.annotations.NullMarked;
