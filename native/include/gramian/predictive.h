// Losses that predict one view from another, and statistics that keep the embeddings spread: negative cosine (SimSiam,
// BYOL), SIGReg (LeJEPA), alignment and uniformity. Rows are samples, columns are features.
#ifndef GRAMIAN_PREDICTIVE_H
#define GRAMIAN_PREDICTIVE_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

/**
 * *value = -mean_i <p_i, z_i> / (max(|p_i|, eps) max(|z_i|, eps)) of p, z (n,d), n >= 1; dp (n,d) receives weight times
 * its gradient with respect to p, unless null. z is a target: it gets none. Rows of p not longer than eps get 0.
 */
GRAMIAN_EXPORT gramian_status gramian_negative_cosine(gramian_context* context, int64_t n, int64_t d, const float* p,
    const float* z, float eps, float weight, double* value, float* dp);
/**
 * LeJEPA of views z (n,d), of which the first `globals` make the centre. terms (2) receives SIGReg and invariance;
 * gradients, unless null, those of lambda terms[0] + (1 - lambda) terms[1].
 *   invariance = mean over views, rows, columns of (z - centre)^2, centre = mean of the global views
 *   SIGReg = n mean over views and directions a of sum_k w_k phi_k [ (mean cos(t_k a.z) - phi_k)^2 + (mean sin)^2 ]
 * t_k = k h, h = t_max / (knots - 1), phi_k = exp(-t_k^2 / 2), w_k = 2 h, but h at both ends; directions (d,m) are the
 * columns a, taken as they are.
 */
GRAMIAN_EXPORT gramian_status gramian_lejepa(gramian_context* context, int64_t views, int64_t globals, int64_t n,
    int64_t d, const gramian_input* z, int64_t m, const float* directions, int32_t knots, float t_max, float lambda,
    double* terms, const gramian_output* gradients);
/**
 * Alignment and uniformity of views x, y (n,d), n >= 2, with u = x / max(|x|, 1e-12) by rows. terms (2) receives
 * mean |u_i - v_i|^alpha, alpha > 0, and the mean over both views of log mean_{i<j} exp(-t |u_i - u_j|^2), t <= 21;
 * dx, dy (n,d) the gradients of terms[0] + weight terms[1], unless both are null.
 */
GRAMIAN_EXPORT gramian_status gramian_alignment_uniformity(gramian_context* context, int64_t n, int64_t d,
    const float* x, const float* y, float weight, float t, float alpha, double* terms, float* dx, float* dy);

GRAMIAN_EXTERN_C_END

#endif
