// Row normalisation: u_i = z_i / max(||z_i||, eps).
#ifndef GRAMIAN_NORMALIZE_H
#define GRAMIAN_NORMALIZE_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

/** u (n,d) = rows of z (n,d) divided by max(norm, eps); norm (n) receives the row norms, before the maximum. */
GRAMIAN_EXPORT gramian_status gramian_normalize_rows(
    gramian_context* context, int64_t n, int64_t d, const float* z, float eps, float* u, float* norm);
/** dz (n,d) = (du - u (u . du)) / norm where norm > eps, du / eps elsewhere. */
GRAMIAN_EXPORT gramian_status gramian_normalize_rows_backward(gramian_context* context, int64_t n, int64_t d,
    const float* u, const float* norm, const float* du, float eps, float* dz);

GRAMIAN_EXTERN_C_END

#endif
