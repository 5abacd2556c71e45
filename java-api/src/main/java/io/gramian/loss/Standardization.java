package io.gramian.loss;

/** How the columns of a view are scaled before they are correlated. */
public enum Standardization {
    /** {@code (z - mean) / sqrt(biased variance + eps)}: batch normalisation, as in the authors' code. */
    BATCH_NORM,
    /**
     * {@code (z - mean) / (unbiased deviation + eps)}, as in stable-pretraining. The correlation is still a mean over n
     * rows, so that perfect agreement gives (n - 1) / n on the diagonal. A constant column gets no gradient.
     */
    UNBIASED
}
