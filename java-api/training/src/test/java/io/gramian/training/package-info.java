/** What the tests of all adapters share: images, the training that each has to repeat, and the search for leaks. */
@NullMarked
package io.gramian.training;

import org.jspecify.annotations.NullMarked;
