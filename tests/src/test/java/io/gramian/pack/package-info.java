/** The program that runs the device tests in a GPU pack, where there is no Maven, and the test of such a pack. */
@NullMarked
package io.gramian.pack;

import org.jspecify.annotations.NullMarked;
