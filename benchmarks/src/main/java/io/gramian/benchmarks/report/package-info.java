/** From measurements to JSON, a table and a plot. */
@NullMarked
package io.gramian.benchmarks.report;

import org.jspecify.annotations.NullMarked;
