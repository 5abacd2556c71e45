/** Backbone networks. */
@NullMarked
package io.gramian.models.backbone;

import org.jspecify.annotations.NullMarked;
