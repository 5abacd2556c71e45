// Whitening of batches of slices, and the W-MSE loss on top of it (Ermolov et al. 2021, arXiv 2007.06346).
//
// Slice X (n,d), centred Xc, S = (1-eps) Xc^T Xc/(n-1) + eps I:
//   Cholesky   S = L L^T, W = L^-1, Y = Xc W^T
//   PCA        S = U D U^T, eigenvalues descending, W = D^-1/2 U^T, Y = Xc W^T
//   ZCA        Y = Xc U D^-1/2 U^T
//   iterative  Y = Xc W, W = S^-1/2 up to some steps of Newton and Schulz (Huang et al. 2019, arXiv 1904.03441)
#ifndef GRAMIAN_WHITENING_H
#define GRAMIAN_WHITENING_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

#define GRAMIAN_WHITEN_CHOLESKY 0
#define GRAMIAN_WHITEN_ZCA 1
#define GRAMIAN_WHITEN_PCA 2
#define GRAMIAN_WHITEN_ITERATIVE 3

/** y (batch,n,d) = whitened x (batch,n,d); w (batch,d,d) receives W, zeros above the diagonal. */
GRAMIAN_EXPORT gramian_status gramian_whitening(gramian_context* context, int64_t batch, int64_t n, int64_t d,
    const float* x, float eps, float* y, float* w);
/** dx (batch,n,d), the gradient of x, from y, w of the forward pass and the gradient dy of y; dx may be dy. */
GRAMIAN_EXPORT gramian_status gramian_whitening_backward(gramian_context* context, int64_t batch, int64_t n, int64_t d,
    const float* y, const float* w, const float* dy, float eps, float* dx);
/**
 * ZCA or PCA (method). y (batch,n,d); w (batch,d,d) receives D^-1/2 U^T, each row's largest entry positive; roots
 * (batch,d) D^1/2.
 */
GRAMIAN_EXPORT gramian_status gramian_spectral_whitening(gramian_context* context, int32_t method, int64_t batch,
    int64_t n, int64_t d, const float* x, float eps, float* y, float* w, double* roots);
/** dx (batch,n,d) from y, w, roots of the forward pass and the gradient dy of y; dx may be dy. */
GRAMIAN_EXPORT gramian_status gramian_spectral_whitening_backward(gramian_context* context, int32_t method,
    int64_t batch, int64_t n, int64_t d, const float* y, const float* w, const double* roots, const float* dy,
    float eps, float* dx);
/** y (batch,n,d) = x whitened by `steps` steps; w (batch,d,d) receives W. */
GRAMIAN_EXPORT gramian_status gramian_iterative_whitening(gramian_context* context, int32_t steps, int64_t batch,
    int64_t n, int64_t d, const float* x, float eps, float* y, float* w);
/** dx (batch,n,d) from x, w and the gradient dy of y; dx may be dy. The steps are made again. */
GRAMIAN_EXPORT gramian_status gramian_iterative_whitening_backward(gramian_context* context, int32_t steps,
    int64_t batch, int64_t n, int64_t d, const float* x, const float* w, const float* dy, float eps, float* dx);
/**
 * W-MSE over views (n,d), slices of window rows by index: rows permutations[k n + b window ...] are slice b of
 * iteration k, in every view. Normalised: mean over images and pairs of views of |u - u'|^2 with u = y/|y|, otherwise
 * of |y - y'|^2 / d. loss (1). gradients: as many as views, overwritten, or null for the value alone; one_sided: of a
 * pair of views the later one counts as a constant. method: GRAMIAN_WHITEN_*, steps: of the iterative one. A NaN in a
 * view gives NaN everywhere; a singular slice is an error.
 */
GRAMIAN_EXPORT gramian_status gramian_w_mse(gramian_context* context, int64_t views, int64_t n, int64_t d,
    const gramian_input* z, int64_t window, int64_t iterations, const int32_t* permutations, float eps,
    int32_t normalize, int32_t method, int32_t steps, int32_t one_sided, double* loss,
    const gramian_output* gradients);

GRAMIAN_EXTERN_C_END

#endif
