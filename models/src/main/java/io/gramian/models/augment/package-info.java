/** Settings, random draws and recipes of image augmentations. */
@NullMarked
package io.gramian.models.augment;

import org.jspecify.annotations.NullMarked;
