/** What the documentation shows is true. */
@NullMarked
package io.gramian.docs;

import org.jspecify.annotations.NullMarked;
