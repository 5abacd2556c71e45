#include "losses/normalize.h"

#include "core/context.h"
#include "gramian/normalize.h"

gramian_status gramian_normalize_rows(
    gramian_context* context, int64_t n, int64_t d, const float* z, float eps, float* u, float* norm) {
  GRAMIAN_SIMD(normalize_rows)(context->threads, n, d, z, eps, u, norm);
  return GRAMIAN_OK;
}

gramian_status gramian_normalize_rows_backward(gramian_context* context, int64_t n, int64_t d, const float* u,
    const float* norm, const float* du, float eps, float* dz) {
  GRAMIAN_SIMD(normalize_rows_backward)(context->threads, n, d, u, norm, du, eps, dz);
  return GRAMIAN_OK;
}
