// Cholesky whitening of batches of slices, and the W-MSE loss on top of it (Ermolov et al. 2021, arXiv 2007.06346).
//
// Slice X (n,d), centred Xc: S = (1-eps) Xc^T Xc/(n-1) + eps I = L L^T, W = L^-1, Y = Xc W^T.
#ifndef GRAMIAN_WHITENING_H
#define GRAMIAN_WHITENING_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

/** y (batch,n,d) = whitened x (batch,n,d); w (batch,d,d) receives W, zeros above the diagonal. */
GRAMIAN_EXPORT gramian_status gramian_whitening(gramian_context* context, int64_t batch, int64_t n, int64_t d,
    const float* x, float eps, float* y, float* w);
/** dx (batch,n,d), the gradient of x, from y, w of the forward pass and the gradient dy of y; dx may be dy. */
GRAMIAN_EXPORT gramian_status gramian_whitening_backward(gramian_context* context, int64_t batch, int64_t n, int64_t d,
    const float* y, const float* w, const float* dy, float eps, float* dx);
/**
 * W-MSE over views (n,d), slices of window rows by index: rows permutations[k n + b window ...] are slice b of
 * iteration k, in every view. Normalised: mean over images and pairs of views of |u - u'|^2 with u = y/|y|, otherwise
 * of |y - y'|^2 / d. loss (1). gradients: as many as views, overwritten, or null for the value alone. A NaN in a view
 * gives NaN everywhere; a singular slice is an error.
 */
GRAMIAN_EXPORT gramian_status gramian_w_mse(gramian_context* context, int64_t views, int64_t n, int64_t d,
    const gramian_input* z, int64_t window, int64_t iterations, const int32_t* permutations, float eps,
    int32_t normalize, double* loss, const gramian_output* gradients);

GRAMIAN_EXTERN_C_END

#endif
