/** The rules of the house: architecture, lengths, words and Javadoc, checked over the whole source tree. */
@NullMarked
package io.gramian.house;

import org.jspecify.annotations.NullMarked;
