/**
 * Gramian's losses on tensors of PyTorch (bytedeco's presets), in its autograd: {@link io.gramian.pytorch.GramianLoss}; and
 * {@link io.gramian.pytorch.CollapseCallback}, which tells of collapse.
 */
@NullMarked
package io.gramian.pytorch;

import org.jspecify.annotations.NullMarked;
