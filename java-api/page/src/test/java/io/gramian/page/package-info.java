/** What the tests of several modules share to run the examples of docs/embedding.md. */
@NullMarked
package io.gramian.page;

import org.jspecify.annotations.NullMarked;
