/** The command line. */
@NullMarked
package io.gramian.models.cli;

import org.jspecify.annotations.NullMarked;
