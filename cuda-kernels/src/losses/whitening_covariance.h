// Covariance of the slices of a batch, packed, in float64. Grid: (.., .., batch).
#pragma once

#include "losses/whitening_factor.h"

namespace gramian {
namespace whitening {

constexpr int kTile = 32;          // columns of S, and samples at a time
constexpr int kCovarianceThreads = 256;
constexpr int kRowsOfThread = kTile * kTile / kCovarianceThreads;

// s (batch, packed lower triangle) = (1 - eps) Xc^T Xc / (n - 1) + eps I. A block makes 32 x 32 elements; 32 samples of
// both column ranges at a time go through shared memory, 2 n d^2 FLOP for each slice.
__global__ void __launch_bounds__(kCovarianceThreads) covariances(int64_t n, int64_t d, const float* __restrict__ x,
    const double* __restrict__ mean, double eps, double* __restrict__ s) {
  if (blockIdx.x > blockIdx.y) return;  // above the diagonal
  tile::SharedMemory memory;
  const auto left = memory.take<double>(kTile * kTile);
  const auto right = memory.take<double>(kTile * kTile);
  const float* slice = x + blockIdx.z * n * d;
  const int column = static_cast<int>(threadIdx.x % kTile);
  const int first = static_cast<int>(threadIdx.x / kTile);
  const int64_t i0 = static_cast<int64_t>(blockIdx.y) * kTile;
  const int64_t j0 = static_cast<int64_t>(blockIdx.x) * kTile;
  const auto centred = [&](int64_t row, int64_t j) {
    return row < n && j < d ? slice[row * d + j] - mean[blockIdx.z * d + j] : 0.0;
  };
  double sums[kRowsOfThread] = {};
  for (int64_t r0 = 0; r0 < n; r0 += kTile) {
    for (int r = first; r < kTile; r += kCovarianceThreads / kTile) {
      left[r * kTile + column] = centred(r0 + r, i0 + column);
      right[r * kTile + column] = centred(r0 + r, j0 + column);
    }
    __syncthreads();  // both stages are whole
    for (int r = 0; r < kTile; ++r) {
      const double b = right[r * kTile + column];
#pragma unroll
      for (int q = 0; q < kRowsOfThread; ++q) {
        sums[q] += static_cast<double>(left[r * kTile + first + q * (kCovarianceThreads / kTile)]) * b;
      }
    }
    __syncthreads();  // nobody may overwrite what another still reads
  }
#pragma unroll
  for (int q = 0; q < kRowsOfThread; ++q) {
    const int64_t i = i0 + first + q * (kCovarianceThreads / kTile);
    const int64_t j = j0 + column;
    if (i >= d || j > i) continue;
    const double value = (1 - eps) / static_cast<double>(n - 1) * sums[q];
    s[blockIdx.z * packed(d, 0) + packed(i, j)] = i == j ? value + eps : value;
  }
}

}  // namespace whitening
}  // namespace gramian
