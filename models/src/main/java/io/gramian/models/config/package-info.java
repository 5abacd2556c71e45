/** Settings: typed fields with defaults, layers of values, YAML files, and errors that say what is allowed. */
@NullMarked
package io.gramian.models.config;

import org.jspecify.annotations.NullMarked;
