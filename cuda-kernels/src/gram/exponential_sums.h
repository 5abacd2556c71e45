// For every row i of X the sum of exp((s_ij - m_i) / tau) over the columns j of Y that belong, s = X Y^T, without s in
// memory: the forward pass of every loss with a softmax over similarities.
//
// With kShifted m_i is the largest s_ij of the row, found on the way (a lane rescales its sum when its maximum grows);
// otherwise m_i = shift for all rows. FLOP 2 m n d, one exponential an entry; O(splits m) memory. Sums: float32 over
// the entries that a lane has in a tile (8), float64 over tiles; lanes, warps and splits merge in a fixed order.
#pragma once

#include <math.h>

#include "gram/splits.h"
#include "gram/tile_product.h"
#include "gram/softmax_gram.h"
#include "tile/reduce.h"

namespace gramian {

// sum, relative to top, as it is relative to a larger one.
__device__ __forceinline__ double rescaled(double sum, float top, float larger, float scale) {
  return top == larger ? sum : sum * static_cast<double>(exp2f((top - larger) * scale));
}

__device__ __forceinline__ ExponentialSum merged(ExponentialSum a, ExponentialSum b, float scale) {
  const float top = fmaxf(a.top, b.top);
  return {top, rescaled(a.sum, a.top, top, scale) + rescaled(b.sum, b.top, top, scale)};
}

// Adds the entries of one lane in one row of a tile; entries that do not belong are -inf.
template <bool kShifted, int kCount>
__device__ __forceinline__ void add_entries(ExponentialSum& row, const float (&s)[kCount], float scale) {
  if (kShifted) {
    float top = row.top;
#pragma unroll
    for (int k = 0; k < kCount; ++k) top = fmaxf(top, s[k]);
    row.sum = rescaled(row.sum, row.top, top, scale);
    row.top = top;
  }
  // nothing but -inf so far: any finite number keeps exp(-inf) at 0 instead of NaN
  const float shift = row.top == -INFINITY ? 0.0f : row.top;
  float sum = 0;
#pragma unroll
  for (int k = 0; k < kCount; ++k) sum += exp2f((s[k] - shift) * scale);
  row.sum += static_cast<double>(sum);
}

// What multiply_tile left, added to the rows of this lane.
template <typename Shape, bool kShifted, typename Belongs>
__device__ __forceinline__ void add_tile(ExponentialSum (&rows)[Shape::kM][2], const typename Shape::Sums& tile,
    int i0, int j0, int columns, Belongs belongs, float scale) {
#pragma unroll
  for (int m = 0; m < Shape::kM; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int i = i0 + Shape::row(m, 2 * half);
      float s[2 * Shape::kN];
#pragma unroll
      for (int k = 0; k < 2 * Shape::kN; ++k) {
        const int j = j0 + Shape::column(k / 2, k % 2);
        s[k] = j < columns && belongs(i, j) ? tile.value[m][k / 2][2 * half + k % 2] : -INFINITY;
      }
      add_entries<kShifted>(rows[m][half], s, scale);
    }
  }
}

// partial (splits, rows of X). belongs(i, j): whether entry (i, j) counts.
template <typename Shape, bool kShifted, typename Belongs>
__global__ void __launch_bounds__(kGramThreads)
    exponential_sums(Operand<typename Shape::Mode> x, Operand<typename Shape::Mode> y, Belongs belongs, float shift,
        float scale, int tiles, ExponentialSum* __restrict__ partial) {
  tile::SharedMemory memory;
  const auto stages = memory.take<typename Shape::Element>(Shape::kStages * Shape::kStage);
  const auto sums = memory.take<double>(Shape::kWarpColumns * Shape::kRows);
  const auto tops = memory.take<float>(Shape::kWarpColumns * Shape::kRows);
  const int columns = static_cast<int>(y.count);
  const int i0 = static_cast<int>(blockIdx.x) * Shape::kRows;
  ExponentialSum rows[Shape::kM][2];
#pragma unroll
  for (int k = 0; k < 2 * Shape::kM; ++k) rows[k / 2][k % 2] = {kShifted ? -INFINITY : shift, 0.0};

  const int first = static_cast<int>(blockIdx.y) * tiles;
#pragma unroll 1
  for (int tile = first; tile < first + tiles && tile * Shape::kColumns < columns; ++tile) {
    typename Shape::Sums s;
    multiply_tile<Shape>(s, stages, x, i0, y, tile * Shape::kColumns);
    add_tile<Shape, kShifted>(rows, s, i0, tile * Shape::kColumns, columns, belongs, scale);
  }

  const int warp_column = Shape::warp_column() / (Shape::kN * 8);
#pragma unroll
  for (int k = 0; k < 2 * Shape::kM; ++k) {
    ExponentialSum row = rows[k / 2][k % 2];
    for (int lanes = 1; lanes <= 2; lanes *= 2) {
      const float top = __shfl_xor_sync(tile::kAllLanes, row.top, lanes);
      row = merged(row, {top, __shfl_xor_sync(tile::kAllLanes, row.sum, lanes)}, scale);
    }
    if (tile::lane_of_warp() % 4 == 0) {
      sums[warp_column * Shape::kRows + Shape::row(k / 2, 2 * (k % 2))] = row.sum;
      tops[warp_column * Shape::kRows + Shape::row(k / 2, 2 * (k % 2))] = row.top;
    }
  }
  __syncthreads();  // a row is finished by one thread, from all warps that share it
  for (int r = static_cast<int>(threadIdx.x); r < Shape::kRows && i0 + r < x.count; r += kGramThreads) {
    ExponentialSum row = {tops[r], sums[r]};
    for (int w = 1; w < Shape::kWarpColumns; ++w) {
      row = merged(row, {tops[w * Shape::kRows + r], sums[w * Shape::kRows + r]}, scale);
    }
    partial[static_cast<int64_t>(blockIdx.y) * x.count + i0 + r] = row;
  }
}

template <typename Shape>
constexpr size_t exponential_sums_bytes() {
  return tile::shared_bytes<typename Shape::Element>(Shape::kStages * Shape::kStage) +
         tile::shared_bytes<double>(Shape::kWarpColumns * Shape::kRows) +
         tile::shared_bytes<float>(Shape::kWarpColumns * Shape::kRows);
}

}  // namespace gramian
