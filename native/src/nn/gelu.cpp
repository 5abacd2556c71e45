// GELU: nothing but the kernels.
#include "nn/gelu.h"

#include "core/context.h"
#include "gramian/transformer.h"

gramian_status gramian_gelu_forward(gramian_context* context, const float* x, int64_t count, float* y) {
  GRAMIAN_SIMD(gelu_forward)(context->threads, count, x, y);
  return GRAMIAN_OK;
}

gramian_status gramian_gelu_backward(
    gramian_context* context, const float* x, const float* dy, int64_t count, float* dx) {
  GRAMIAN_SIMD(gelu_backward)(context->threads, count, x, dy, dx);
  return GRAMIAN_OK;
}
