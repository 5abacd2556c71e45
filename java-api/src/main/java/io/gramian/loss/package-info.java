/** Value and gradient of every loss on plain tensors, without autograd: what other trainers embed. */
@NullMarked
package io.gramian.loss;

import org.jspecify.annotations.NullMarked;
