// Pooling: sizes of the output, then the kernels.
#include "nn/pooling.h"

#include "core/context.h"
#include "gramian/network.h"

namespace {

gramian::Pooling pooling(int64_t n, int64_t h, int64_t w, int64_t c, int64_t size_h, int64_t size_w, int64_t stride,
    int64_t padding) {
  return {n, h, w, c, size_h, size_w, stride, padding, (h + 2 * padding - size_h) / stride + 1,
      (w + 2 * padding - size_w) / stride + 1};
}

}  // namespace

gramian_status gramian_max_pool_forward(gramian_context* context, int64_t n, int64_t h, int64_t w, int64_t c,
    int64_t size, int64_t stride, int64_t padding, const float* x, float* y, uint8_t* tap) {
  GRAMIAN_SIMD(max_pool_forward)(context->threads, pooling(n, h, w, c, size, size, stride, padding), x, y, tap);
  return GRAMIAN_OK;
}

gramian_status gramian_max_pool_backward(gramian_context* context, int64_t n, int64_t h, int64_t w, int64_t c,
    int64_t size, int64_t stride, int64_t padding, const uint8_t* tap, const float* dy, float* dx) {
  GRAMIAN_SIMD(max_pool_backward)(context->threads, pooling(n, h, w, c, size, size, stride, padding), tap, dy, dx);
  return GRAMIAN_OK;
}

gramian_status gramian_average_pool_forward(gramian_context* context, int64_t n, int64_t h, int64_t w, int64_t c,
    int64_t size_h, int64_t size_w, int64_t stride, const float* x, float* y) {
  GRAMIAN_SIMD(average_pool_forward)(context->threads, pooling(n, h, w, c, size_h, size_w, stride, 0), x, y);
  return GRAMIAN_OK;
}

gramian_status gramian_average_pool_backward(gramian_context* context, int64_t n, int64_t h, int64_t w, int64_t c,
    int64_t size_h, int64_t size_w, int64_t stride, const float* dy, float* dx) {
  GRAMIAN_SIMD(average_pool_backward)(context->threads, pooling(n, h, w, c, size_h, size_w, stride, 0), dy, dx);
  return GRAMIAN_OK;
}
