/**
 * Gramian's losses on tensors of PyTorch (bytedeco's presets), in its autograd: {@link io.gramian.pytorch.GramianLoss}.
 */
@NullMarked
package io.gramian.pytorch;

import org.jspecify.annotations.NullMarked;
