package io.gramian.reference;

/**
 * What a reference computes of a loss on several views.
 *
 * @param loss the value
 * @param gradients with respect to each view, row-major
 */
public record LossAndGradients(double loss, double[][] gradients) {}
