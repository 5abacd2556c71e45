/** Configuration, training loop, checkpoints and run folders. */
@NullMarked
package io.gramian.models.train;

import org.jspecify.annotations.NullMarked;
