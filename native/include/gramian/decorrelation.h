// Penalties on the off-diagonal feature Gram that are no sums of squares, and the losses made of them. They have no
// cheaper side: |.| and exp of the entries need the entries. Rows are samples, columns are features.
#ifndef GRAMIAN_DECORRELATION_H
#define GRAMIAN_DECORRELATION_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

/** *value = sum over i != j of |(z^T z)_ij| / scale; dz (n,d) receives its gradient, unless null. */
GRAMIAN_EXPORT gramian_status gramian_off_diagonal_absolute(
    gramian_context* context, int64_t n, int64_t d, const float* z, float scale, double* value, float* dz);
/**
 * *value = sum_i log sum_{j != i} exp((z^T z)_ij / (scale tau)), d >= 2; dz (n,d) receives its gradient, unless null.
 */
GRAMIAN_EXPORT gramian_status gramian_off_diagonal_exponential(
    gramian_context* context, int64_t n, int64_t d, const float* z, float scale, float tau, double* value, float* dz);
/**
 * VICReg-exp of views x, y (n,d), n and d >= 2: arguments and terms as of gramian_vicreg, but the covariance term of a
 * view is (1/d) sum_i log sum_{j != i} exp(Cov_ij / tau).
 */
GRAMIAN_EXPORT gramian_status gramian_vicreg_exp(gramian_context* context, int64_t n, int64_t d, const float* x,
    const float* y, float invariance, float variance, float covariance, float eps, float gamma, float hinge, float tau,
    double* terms, float* dx, float* dy);
/**
 * VICReg-ctr: gramian_vicreg_exp of the transposed views, x^T and y^T (d,n): covariances between samples, each centred
 * over its features.
 */
GRAMIAN_EXPORT gramian_status gramian_vicreg_ctr(gramian_context* context, int64_t n, int64_t d, const float* x,
    const float* y, float invariance, float variance, float covariance, float eps, float gamma, float hinge, float tau,
    double* terms, float* dx, float* dy);

GRAMIAN_EXTERN_C_END

#endif
