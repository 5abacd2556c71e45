// NT-Xent, the loss of SimCLR, on two views. Formula: gramian/epilogue/nt_xent.h.
#ifndef GRAMIAN_NT_XENT_H
#define GRAMIAN_NT_XENT_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

/** loss[0] = NT-Xent of the rows of za and zb (n,d), which are normalised inside. No work for the gradient. */
GRAMIAN_EXPORT gramian_status gramian_nt_xent_value(
    gramian_context* context, int64_t n, int64_t d, const float* za, const float* zb, float temperature, double* loss);
/** As above, and dza = weight * gradient + beta_a * dza, dzb likewise; with beta 0 the old content is not read. */
GRAMIAN_EXPORT gramian_status gramian_nt_xent_value_and_gradient(gramian_context* context, int64_t n, int64_t d,
    const float* za, const float* zb, float temperature, float weight, float beta_a, float beta_b, double* loss,
    float* dza, float* dzb);

GRAMIAN_EXTERN_C_END

#endif
