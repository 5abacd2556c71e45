/** Projection and prediction heads. */
@NullMarked
package io.gramian.models.head;

import org.jspecify.annotations.NullMarked;
