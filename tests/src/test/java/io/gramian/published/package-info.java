/** The artifacts as users meet them: loaders, class loaders, module path, images, jars. */
@NullMarked
package io.gramian.published;

import org.jspecify.annotations.NullMarked;
