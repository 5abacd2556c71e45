package io.gramian.models.ssl;

/**
 * Slices of embeddings that a loss whitens: what goes wrong first when their covariance is close to singular.
 *
 * @param images of a slice
 * @param eps shrinkage of its covariance towards the identity
 */
public record WhitenedSlices(int images, double eps) {}
