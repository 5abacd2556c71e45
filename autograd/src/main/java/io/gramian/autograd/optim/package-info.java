/** Optimisers and learning-rate schedules. */
@NullMarked
package io.gramian.autograd.optim;

import org.jspecify.annotations.NullMarked;
