/** Devices, with the libraries of all modules on the class path. */
@NullMarked
package io.gramian.device;

import org.jspecify.annotations.NullMarked;
