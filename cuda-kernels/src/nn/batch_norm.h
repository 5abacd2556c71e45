// What the kernels of batch normalisation share: y = gamma (x - mean) rstd + beta, one formula forward and, where the
// ReLU is recomputed, backward: the same bits, so that a gradient passes exactly where its value did.
#pragma once

#include "linalg/row_walk.h"

namespace gramian {
namespace batch_norm {

// Arrays of (c); gamma and beta null for 1 and 0.
struct Channels {
  const float* gamma;
  const float* beta;
  const float* mean;
  const float* rstd;
};

// Of one thread's columns.
struct Factors {
  walk::Four mean, scale, offset;

  __device__ __forceinline__ Factors(const Channels& of, const walk::Place& at)
      : mean(walk::of_columns(of.mean, at, 0)), scale(walk::of_columns(of.rstd, at, 0)),
        offset(walk::of_columns(of.beta, at, 0)) {
    const walk::Four gamma = walk::of_columns(of.gamma, at, 1);
#pragma unroll
    for (int k = 0; k < 4; ++k) scale.at[k] *= gamma.at[k];
  }

  // By one fused multiply-add: a compiler cannot choose another rounding in another kernel.
  __device__ __forceinline__ float value(float x, int k) const {
    return fmaf(x - mean.at[k], scale.at[k], offset.at[k]);
  }
};

}  // namespace batch_norm
}  // namespace gramian
