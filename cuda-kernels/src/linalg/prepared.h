// The matrix whose spectrum is wanted, made on the way: scale_i z_ik - mean_k, in float64, for each slice of a batch.
#pragma once

#include "core/context.h"

namespace gramian {

struct Prepared {
  int64_t entries, n, d;
  const float* z;       // (entries, n, d)
  const double* scale;  // (entries, n): 1 / max(norm, 1e-12); null: 1
  const double* mean;   // (entries, d) of the scaled rows; null: 0

  __device__ __forceinline__ double at(int64_t entry, int64_t i, int64_t k) const {
    const double x = z[(entry * n + i) * d + k];
    const double scaled = scale == nullptr ? x : x * scale[entry * n + i];
    return mean == nullptr ? scaled : scaled - mean[entry * d + k];
  }
};

// As an operand of wide::product: rows (samples) or columns (features).
struct PreparedSamples {
  static constexpr bool kAlongInner = true;
  Prepared matrix;
  __device__ __forceinline__ double at(int64_t entry, int64_t i, int64_t k) const { return matrix.at(entry, i, k); }
};
struct PreparedFeatures {
  static constexpr bool kAlongInner = false;
  Prepared matrix;
  __device__ __forceinline__ double at(int64_t entry, int64_t i, int64_t k) const { return matrix.at(entry, k, i); }
};

// Scales and means, as far as they are asked for, in scratch.
Prepared prepare(gramian_context* context, int64_t entries, int64_t n, int64_t d, const float* z, bool normalize,
    bool center);

// sums (entries, d): squares of the prepared columns; divisor 0: as they are, otherwise sqrt(sum / divisor).
void column_squares_of(gramian_context* context, const Prepared& matrix, double divisor, double* sums);

}  // namespace gramian
