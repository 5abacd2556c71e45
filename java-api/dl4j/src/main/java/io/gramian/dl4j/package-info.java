/**
 * Gramian's losses in networks of Deeplearning4j: {@link io.gramian.dl4j.GramianLoss} is a loss function, and
 * {@link io.gramian.dl4j.CollapseListener} a training listener that tells of collapse.
 */
@NullMarked
package io.gramian.dl4j;

import org.jspecify.annotations.NullMarked;
