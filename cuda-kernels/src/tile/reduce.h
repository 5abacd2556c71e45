// Sums and maxima over lanes, warps and blocks, always in the same order.
#pragma once

#include "tile/shared.h"

namespace gramian {
namespace tile {

constexpr unsigned kAllLanes = 0xffffffffu;

// Over the four lanes with the same lane / 4, which hold one row of an accumulator. All lanes get the result.
template <typename T>
__device__ __forceinline__ T quad_sum(T x) {
  x += __shfl_xor_sync(kAllLanes, x, 1);
  x += __shfl_xor_sync(kAllLanes, x, 2);
  return x;
}

// NaN does not win here: it goes through the sums.
__device__ __forceinline__ float quad_max(float x) {
  x = fmaxf(x, __shfl_xor_sync(kAllLanes, x, 1));
  return fmaxf(x, __shfl_xor_sync(kAllLanes, x, 2));
}

template <typename T>
__device__ __forceinline__ T warp_sum(T x) {
#pragma unroll
  for (int lanes = 16; lanes > 0; lanes /= 2) x += __shfl_xor_sync(kAllLanes, x, lanes);
  return x;
}

// Sum over all threads of the block, given to thread 0; scratch holds one element per warp. The barrier in the middle
// lets thread 0 read what the warps wrote.
template <typename T>
__device__ __forceinline__ T block_sum(T x, Shared<T> scratch) {
  const int warps = static_cast<int>(blockDim.x / 32);
  x = warp_sum(x);
  if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = x;
  __syncthreads();
  T sum = 0;
  if (threadIdx.x == 0) {
    for (int w = 0; w < warps; ++w) sum += static_cast<T>(scratch[w]);
  }
  return sum;
}

// All threads' x folded by op, which is symmetric and associative up to rounding, in a fixed order; all threads get the
// result. scratch holds one element per warp, and is free again when the call returns.
template <typename T, typename Op>
__device__ __forceinline__ T block_all(T x, Shared<T> scratch, Op op) {
#pragma unroll
  for (int lanes = 16; lanes > 0; lanes /= 2) x = op(x, __shfl_xor_sync(kAllLanes, x, lanes));
  if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = x;
  __syncthreads();  // every thread folds what all warps wrote
  T all = scratch[0];
  for (int w = 1; w < static_cast<int>(blockDim.x / 32); ++w) all = op(all, static_cast<T>(scratch[w]));
  __syncthreads();  // nobody may overwrite what another still reads
  return all;
}

// Sum over the warps of the block, lane by lane: a block of kWarps warps that walks down 32 columns. All threads get
// the sum of their column; scratch holds 32 kWarps elements, and is free again when the call returns.
template <int kWarps>
__device__ __forceinline__ double column_sum(double x, Shared<double> scratch) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  scratch[threadIdx.x] = x;
  __syncthreads();  // every thread adds what all warps wrote
  double sum = 0;
  for (int w = 0; w < kWarps; ++w) sum += static_cast<double>(scratch[32 * w + lane]);
  __syncthreads();  // nobody may overwrite what another still reads
  return sum;
}

}  // namespace tile
}  // namespace gramian
