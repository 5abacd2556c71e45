/** What a run leaves for people to look at: TensorBoard event files and a self-contained {@code report.html}. */
@NullMarked
package io.gramian.models.report;

import org.jspecify.annotations.NullMarked;
