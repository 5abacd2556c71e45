// From a covariance to its whitening matrix: Cholesky factor and inverse in float64, one block per slice.
//
// S = L L^T by columns, then W = L^-1 in the same memory from the last column to the first. The triangle is packed by
// rows, (i, k) at i (i + 1) / 2 + k: d (d + 1) / 2 doubles, in shared memory up to d = 200, in device memory above.
// 2/3 d^3 FLOP, 5 d barriers.
#pragma once

#include <float.h>

#include "linalg/bad_pivot.h"
#include "tile/shared.h"

namespace gramian {
namespace whitening {

constexpr int kFactorThreads = 256;
constexpr int64_t kLargestShared = 200;

__host__ __device__ constexpr int64_t packed(int64_t i, int64_t k) { return i * (i + 1) / 2 + k; }

// The lower triangle a becomes L; false at a pivot that is not above what rounding leaves of a dependent column. NaN
// fails. All threads return the same. diagonal (d) is scratch.
template <typename Triangle, typename Vector>
__device__ __forceinline__ bool factor(int64_t d, Triangle a, Vector diagonal, BadPivot* bad) {
  const double rounding = static_cast<double>(d) * DBL_EPSILON;
  for (int64_t j = threadIdx.x; j < d; j += kFactorThreads) diagonal[j] = a[packed(j, j)];
  __syncthreads();  // the diagonal of S is kept
  for (int64_t j = 0; j < d; ++j) {
    const double pivot = a[packed(j, j)];
    if (!(pivot > rounding * static_cast<double>(diagonal[j]))) {
      if (threadIdx.x == 0) *bad = {j, pivot};
      return false;
    }
    const double root = sqrt(pivot);
    __syncthreads();  // all have read the pivot
    for (int64_t i = j + threadIdx.x; i < d; i += kFactorThreads) {
      a[packed(i, j)] = i == j ? root : static_cast<double>(a[packed(i, j)]) / root;
    }
    __syncthreads();  // column j is whole
    for (int64_t i = j + 1 + threadIdx.x / 32; i < d; i += kFactorThreads / 32) {
      const double l = a[packed(i, j)];
#pragma unroll 1
      for (int64_t k = j + 1 + threadIdx.x % 32; k <= i; k += 32) {
        a[packed(i, k)] = static_cast<double>(a[packed(i, k)]) - l * static_cast<double>(a[packed(k, j)]);
      }
    }
    __syncthreads();  // the next column is up to date
  }
  return true;
}

// L becomes L^-1: column j needs the columns behind it, which are inverted already. column (d) is scratch.
template <typename Triangle, typename Vector>
__device__ __forceinline__ void invert(int64_t d, Triangle a, Vector column) {
  __syncthreads();  // column was read as the diagonal
  for (int64_t j = d - 1; j >= 0; --j) {
    const double inverse = 1 / static_cast<double>(a[packed(j, j)]);
    for (int64_t i = j + 1 + threadIdx.x; i < d; i += kFactorThreads) {
      double sum = 0;
#pragma unroll 2  // more of them, and the addresses in 64 bits spill
      for (int64_t k = j + 1; k <= i; ++k) {
        sum += static_cast<double>(a[packed(i, k)]) * static_cast<double>(a[packed(k, j)]);
      }
      column[i] = -sum * inverse;
    }
    __syncthreads();  // all have read column j of L
    for (int64_t i = j + threadIdx.x; i < d; i += kFactorThreads) {
      a[packed(i, j)] = i == j ? inverse : static_cast<double>(column[i]);
    }
    __syncthreads();  // column j of W is whole
  }
}

// s (batch, d (d + 1) / 2) is destroyed; w (batch, d, d) = L^-1 with zeros above the diagonal, NaN where it fails.
// flags (batch), or null: a slice with 0 is there already, and good.
template <bool kShared>
__global__ void __launch_bounds__(kFactorThreads)
    factor_slices(int64_t d, const double* __restrict__ flags, double* __restrict__ s, double* __restrict__ column,
        float* __restrict__ w, BadPivot* __restrict__ bad) {
  const int64_t b = blockIdx.x;
  const int64_t length = packed(d, 0);
  double* slice = s + b * length;
  if (threadIdx.x == 0) bad[b] = {-1, 0};
  if (flags != nullptr && flags[b] == 0.0) return;
  const auto write = [&](auto triangle, bool good) {
    for (int64_t i = threadIdx.x; i < d * d; i += kFactorThreads) {
      const double value = i % d > i / d ? 0.0 : static_cast<double>(triangle[packed(i / d, i % d)]);
      w[b * d * d + i] = good ? static_cast<float>(value) : NAN;
    }
  };
  if constexpr (kShared) {
    tile::SharedMemory memory;
    const auto triangle = memory.take<double>(length);
    const auto scratch = memory.take<double>(d);
    for (int64_t i = threadIdx.x; i < length; i += kFactorThreads) triangle[i] = slice[i];
    __syncthreads();  // the triangle is whole
    const bool good = factor(d, triangle, scratch, bad + b);
    if (good) invert(d, triangle, scratch);
    write(triangle, good);
  } else {
    const bool good = factor(d, slice, column + b * d, bad + b);
    if (good) invert(d, slice, column + b * d);
    write(slice, good);
  }
}

}  // namespace whitening
}  // namespace gramian
