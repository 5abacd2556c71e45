// Kernels behind the layer normalisation of transformer.h.
#pragma once

#include "core/simd.h"

namespace gramian {

// What both passes read: x (rows,d), gamma (d).
struct LayerNorm {
  int64_t rows;
  int64_t d;
  const float* x;
  const float* gamma;
};

}  // namespace gramian

GRAMIAN_SIMD_DECLARE(void, layer_norm_forward,
    (int threads, const LayerNorm& norm, const float* beta, float epsilon, float* y, float* mean, float* rstd))
// partial: reduction_chunks(rows) x (2 d), of dgamma and dbeta.
GRAMIAN_SIMD_DECLARE(void, layer_norm_backward,
    (int threads, const LayerNorm& norm, const float* mean, const float* rstd, const float* dy, double* partial,
        float* dx, float* dgamma, float* dbeta))
