// The feature Gram (d x d) and what is made of it: column statistics, cross-correlation, off-diagonal penalty, Barlow
// Twins, VICReg. Every squared Gram can be computed on either side, because ||A^T B||_F^2 = <A A^T, B B^T>_F:
// on the feature side in O(n d^2), on the sample side in O(n^2 d). Rows are samples, columns are features.
#ifndef GRAMIAN_COVARIANCE_H
#define GRAMIAN_COVARIANCE_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

// Visit the d x d feature Gram, a strip of rows at a time.
#define GRAMIAN_GRAM_FEATURES 0
// Visit the n x n sample Gram.
#define GRAMIAN_GRAM_SAMPLES 1

/** u (n,d) = (z - mean) rstd by columns; mean (d); rstd (d) = 1/sqrt(biased variance + eps). u may be z. */
GRAMIAN_EXPORT gramian_status gramian_standardize_columns(
    gramian_context* context, int64_t n, int64_t d, const float* z, float eps, float* u, float* mean, float* rstd);
/** dz (n,d) = rstd (du - mean(du) - u mean(du o u)) by columns. dz may be du. */
GRAMIAN_EXPORT gramian_status gramian_standardize_columns_backward(
    gramian_context* context, int64_t n, int64_t d, const float* u, const float* rstd, const float* du, float* dz);
/** c (n,d) = z - mean by columns; mean (d); variance (d) with divisor n - 1 (NaN for n = 1). c may be z. */
GRAMIAN_EXPORT gramian_status gramian_center_columns(
    gramian_context* context, int64_t n, int64_t d, const float* z, float* c, float* mean, float* variance);

/** c (da,db) = standardised(a)^T standardised(b) / n for a (n,da), b (n,db). */
GRAMIAN_EXPORT gramian_status gramian_cross_correlation(gramian_context* context, int64_t n, int64_t da, int64_t db,
    const float* a, const float* b, float eps, float* c);
/** grad_a (n,da) and grad_b (n,db) of gramian_cross_correlation, given the gradient dc (da,db) of its result. */
GRAMIAN_EXPORT gramian_status gramian_cross_correlation_backward(gramian_context* context, int64_t n, int64_t da,
    int64_t db, const float* a, const float* b, float eps, const float* dc, float* grad_a, float* grad_b);

/** *value = sum over i != j of ((z^T z)_ij / scale)^2; dz (n,d) receives its gradient, unless null. */
GRAMIAN_EXPORT gramian_status gramian_off_diagonal_penalty(gramian_context* context, int64_t n, int64_t d,
    const float* z, float scale, int32_t side, double* value, float* dz);
/**
 * Barlow Twins of views a, b (n,d), n >= 2. terms (2) receives sum_i (1 - C_ii)^2 and sum_{i != j} C_ij^2, without
 * lambda and scale; da and db (n,d) receive the gradients of scale (terms[0] + lambda terms[1]), unless both are null.
 * outside_root 0: columns divided by sqrt(biased variance + eps); 1: by (unbiased deviation + eps). C divides by n.
 */
GRAMIAN_EXPORT gramian_status gramian_barlow_twins(gramian_context* context, int64_t n, int64_t d, const float* a,
    const float* b, float lambda, float eps, int32_t outside_root, float scale, int32_t side, double* terms, float* da,
    float* db);
/**
 * VICReg of views x, y (n,d), n >= 2. terms (3) receives invariance, variance and covariance without their weights;
 * hinge multiplies the variance term of each view (0.5 in the authors' code, 1 in the paper); dx and dy (n,d) receive
 * the gradients of the weighted sum, unless both are null.
 */
GRAMIAN_EXPORT gramian_status gramian_vicreg(gramian_context* context, int64_t n, int64_t d, const float* x,
    const float* y, float invariance, float variance, float covariance, float eps, float gamma, float hinge,
    int32_t side, double* terms, float* dx, float* dy);

GRAMIAN_EXTERN_C_END

#endif
