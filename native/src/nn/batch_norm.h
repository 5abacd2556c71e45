// Kernels behind the batch normalisation and ReLU of network.h.
#pragma once

#include "core/simd.h"

namespace gramian {

// Arguments of batch normalisation over (rows,c); null where network.h allows it.
struct BatchNorm {
  int64_t rows;
  int64_t c;
  const float* x;
  const float* gamma;
  const float* beta;
  const float* mean;
  const float* rstd;
  bool relu;
};

}  // namespace gramian

// Column means and sums of squared deviations. partial: reduction_chunks(rows) x (4 c) floats; mean (c), deviations
// (c).
GRAMIAN_SIMD_DECLARE(void, column_moments,
    (int threads, int64_t rows, int64_t c, const float* x, float* partial, double* mean, double* deviations))
// y = gamma (x - mean) rstd + beta (+ residual), then ReLU. scale: 2 c floats of scratch.
GRAMIAN_SIMD_DECLARE(
    void, batch_norm_apply, (int threads, const BatchNorm& norm, const float* residual, float* scale, float* y))
// Column sums of g and g (x - mean) rstd with g = dy behind the ReLU; writes g to masked unless null. With masked,
// the ReLU is
// read off y. partial: reduction_chunks(rows) x (4 c) floats; sum, sum_xhat: c floats; scale: 2 c floats of scratch.
GRAMIAN_SIMD_DECLARE(void, batch_norm_gradient_sums,
    (int threads, const BatchNorm& norm, const float* y, const float* dy, float* masked, float* partial, float* scale,
        float* sum, float* sum_xhat))
// dx = gamma rstd (g - mean_g - xhat mean_g_xhat); mean_g and mean_g_xhat are c floats. scale: 2 c floats of scratch.
GRAMIAN_SIMD_DECLARE(void, batch_norm_gradient,
    (int threads, const BatchNorm& norm, const float* mean_g, const float* mean_g_xhat, const float* dy, float* scale,
        float* dx))
GRAMIAN_SIMD_DECLARE(void, relu_forward, (int threads, int64_t count, const float* x, float* y))
GRAMIAN_SIMD_DECLARE(void, relu_backward, (int threads, int64_t count, const float* y, const float* dy, float* dx))
