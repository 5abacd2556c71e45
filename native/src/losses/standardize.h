// One block of neighbouring columns, from statistics to standardised values; the backward pass of the same.
#pragma once

#include <cmath>

#include "gram/columns.h"
#include "gram/rounds.h"

namespace gramian {

// Columns of one block of the standardisation: enough bytes per row to stream, few enough that a block of a usual batch
// fits the L2 cache.
constexpr int64_t kColumnBlock = 128;

// x = (z - mean) rstd for w <= kWidestBlock columns; mean (w) in float64, rstd (w) = 1/sqrt(biased variance + eps).
inline void standardize_block(int64_t n, int64_t w, const float* z, int64_t ldz, double eps, float* x, int64_t ldx,
    double* mean, float* rstd) {
  double squares[kWidestBlock];
  GRAMIAN_SIMD(columns_load)(n, w, z, ldz, x, ldx, mean);
  for (int64_t j = 0; j < w; ++j) mean[j] /= static_cast<double>(n);
  GRAMIAN_SIMD(columns_center)(n, w, mean, x, ldx, squares);
  for (int64_t j = 0; j < w; ++j) {
    rstd[j] = static_cast<float>(1 / std::sqrt(squares[j] / static_cast<double>(n) + eps));
  }
  GRAMIAN_SIMD(columns_scale)(n, w, rstd, x, ldx);
}

// The same with rstd = 1/(unbiased deviation + eps), n >= 2. Its derivative takes ratio (w) = n / ((n - 1) rstd
// deviation) times the mean of g o x below; 0 for a constant column, where the deviation has no derivative.
inline void standardize_block_outside(int64_t n, int64_t w, const float* z, int64_t ldz, double eps, float* x,
    int64_t ldx, double* mean, float* rstd, float* ratio) {
  double squares[kWidestBlock];
  GRAMIAN_SIMD(columns_load)(n, w, z, ldz, x, ldx, mean);
  for (int64_t j = 0; j < w; ++j) mean[j] /= static_cast<double>(n);
  GRAMIAN_SIMD(columns_center)(n, w, mean, x, ldx, squares);
  const double degrees = static_cast<double>(n - 1);
  for (int64_t j = 0; j < w; ++j) {
    const double deviation = std::sqrt(squares[j] / degrees);
    rstd[j] = static_cast<float>(1 / (deviation + eps));
    const double share = (deviation + eps) * static_cast<double>(n) / (degrees * deviation);
    ratio[j] = deviation == 0 ? 0 : static_cast<float>(share);
  }
  GRAMIAN_SIMD(columns_scale)(n, w, rstd, x, ldx);
}

// dz = rstd (g - mean(g) - x ratio mean(g o x)) for w <= kWidestBlock columns; ratio null: 1. dz may be g.
inline void unstandardize_block(int64_t n, int64_t w, const float* g, int64_t ldg, const float* x, int64_t ldx,
    const float* rstd, const float* ratio, float* dz, int64_t ldz) {
  double sum[kWidestBlock];
  double dot[kWidestBlock];
  float mean[kWidestBlock];
  float along[kWidestBlock];
  GRAMIAN_SIMD(columns_sums)(n, w, g, ldg, x, ldx, sum, dot);
  for (int64_t j = 0; j < w; ++j) {
    mean[j] = static_cast<float>(sum[j] / static_cast<double>(n));
    along[j] = static_cast<float>((ratio == nullptr ? 1 : ratio[j]) * dot[j] / static_cast<double>(n));
  }
  GRAMIAN_SIMD(columns_unstandardize)(n, w, g, ldg, mean, x, ldx, along, rstd, dz, ldz);
}

}  // namespace gramian
