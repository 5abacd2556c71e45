/**
 * Gramian's losses in a DJL {@code Trainer}: {@link io.gramian.djl.GramianLoss} is a DJL loss,
 * {@link io.gramian.djl.EachView} a block that sends every view through one network, and
 * {@link io.gramian.djl.CollapseListener} a training listener that tells of collapse.
 */
@NullMarked
package io.gramian.djl;

import org.jspecify.annotations.NullMarked;
