/**
 * The experiments of Jing et al., Understanding Dimensional Collapse in Contrastive Self-supervised Learning (arXiv 2110.09348):
 * linear networks on Gaussian points, and small networks on real images. Numbers only;
 * {@link io.gramian.models.report.CollapsePage} draws them.
 */
@NullMarked
package io.gramian.models.collapse;

import org.jspecify.annotations.NullMarked;
