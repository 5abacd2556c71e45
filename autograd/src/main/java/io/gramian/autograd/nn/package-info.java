/** Layers: modules with named parameters and buffers. */
@NullMarked
package io.gramian.autograd.nn;

import org.jspecify.annotations.NullMarked;
