/** The same work in PyTorch, written as well as we know how. */
@NullMarked
package io.gramian.benchmarks.peer;

import org.jspecify.annotations.NullMarked;
