/** Devices, tensors and scopes: what every other package of Gramian stands on. */
@NullMarked
package io.gramian;

import org.jspecify.annotations.NullMarked;
