/** The self-supervised systems, one class each. */
@NullMarked
package io.gramian.models.ssl;

import org.jspecify.annotations.NullMarked;
