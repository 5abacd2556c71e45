/** One class per differentiable operation: what is saved, what the derivative is. */
@NullMarked
package io.gramian.autograd.function;

import org.jspecify.annotations.NullMarked;
