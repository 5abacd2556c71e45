// Layer normalisation: scratch around the kernels.
#include "nn/layer_norm.h"

#include "core/context.h"
#include "core/status.h"
#include "gramian/transformer.h"
#include "linalg/elementwise.h"

gramian_status gramian_layer_norm_forward(gramian_context* context, const float* x, int64_t rows, int64_t d,
    const float* gamma, const float* beta, float epsilon, float* y, float* mean, float* rstd) {
  GRAMIAN_SIMD(layer_norm_forward)(context->threads, {rows, d, x, gamma}, beta, epsilon, y, mean, rstd);
  return GRAMIAN_OK;
}

gramian_status gramian_layer_norm_backward(gramian_context* context, const float* dy, const float* x, int64_t rows,
    int64_t d, const float* gamma, const float* mean, const float* rstd, float* dx, float* dgamma, float* dbeta) {
  return gramian::guarded([&] {
    context->begin();
    double* partial = context->scratch<double>(gramian::reduction_chunks(rows) * 2 * d);
    GRAMIAN_SIMD(layer_norm_backward)
    (context->threads, {rows, d, x, gamma}, mean, rstd, dy, partial, dx, dgamma, dbeta);
  });
}
