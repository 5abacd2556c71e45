// Kernels behind the pooling of network.h.
#pragma once

#include "core/simd.h"

namespace gramian {

// Windows over (n,h,w,c); outputs are (n,oh,ow,c).
struct Pooling {
  int64_t n, h, w, c;
  int64_t size_h, size_w, stride, padding;
  int64_t oh, ow;
};

}  // namespace gramian

GRAMIAN_SIMD_DECLARE(void, max_pool_forward, (int threads, const Pooling& pool, const float* x, float* y, uint8_t* tap))
GRAMIAN_SIMD_DECLARE(
    void, max_pool_backward, (int threads, const Pooling& pool, const uint8_t* tap, const float* dy, float* dx))
GRAMIAN_SIMD_DECLARE(void, average_pool_forward, (int threads, const Pooling& pool, const float* x, float* y))
GRAMIAN_SIMD_DECLARE(void, average_pool_backward, (int threads, const Pooling& pool, const float* dy, float* dx))
