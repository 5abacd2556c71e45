/** The one compressed file of a GPU pack: written where Gramian is built, unpacked where there is a GPU. */
@NullMarked
package io.gramian.benchmarks.pack;

import org.jspecify.annotations.NullMarked;
