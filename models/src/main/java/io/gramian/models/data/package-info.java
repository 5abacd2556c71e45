/** Image datasets, their readers, and the loader that feeds training. */
@NullMarked
package io.gramian.models.data;

import org.jspecify.annotations.NullMarked;
