// out += W slab: the second product of weighted_rows.h. W (16,64) is what a warp has of a tile, in accumulator layout;
// slab (64, kFeatures) is rows of Y in shared memory, kStride elements apart.
//
// In bf16 the accumulator layout of W is the layout of a left operand; in TF32 the rows of the slab are visited in the
// order 0, 2, 4, 6, 1, 3, 5, 7, which makes it so; in float32 W goes through shared memory of the warp.
#pragma once

#include "gram/tile_product.h"

namespace gramian {

template <typename Mode>
using WeighShape = TileShape<Mode, 1, 8, 8>;  // 128 x 64, a warp 16 x 64

// Floats from one row of a warp's W to the next, in float32.
constexpr int kWeightStride = 64 + 4;

template <typename Mode>
constexpr int kWeightFloats = std::is_same_v<Mode, tile::Float32> ? kGramThreads / 32 * 16 * kWeightStride : 1;

template <int kFeatures>
using SlabSums = tile::Accumulators<1, kFeatures / 8>;

template <int kFeatures, int kStride>
__device__ __forceinline__ void multiply_slab(tile::Bfloat16, SlabSums<kFeatures>& out,
    const WeighShape<tile::Bfloat16>::Sums& w, tile::Shared<uint16_t> slab, int features, tile::Shared<float>) {
  const int lane = tile::lane_of_warp();
#pragma unroll
  for (int k = 0; k < 8; k += 2) {  // 16 rows of the slab
    const auto& left = w.value[0][k];
    const auto& right = w.value[0][k + 1];
    const uint32_t fa[4] = {tile::pack_bf16(left[0], left[1]), tile::pack_bf16(left[2], left[3]),
        tile::pack_bf16(right[0], right[1]), tile::pack_bf16(right[2], right[3])};
#pragma unroll
    for (int n = 0; n < kFeatures / 8; n += 2) {
      if (8 * n >= features) break;
      // matrices: rows 0-7 and 8-15 of features 0-7 (b0, b1 of n), then of features 8-15 (b0, b1 of n + 1)
      uint32_t fb[4];
      tile::load_matrix_transposed(fb, slab + ((8 * k + lane % 16) * kStride + 8 * n + lane / 16 * 8));
      const uint32_t first[2] = {fb[0], fb[1]};
      const uint32_t second[2] = {fb[2], fb[3]};
      tile::mma_bf16(out.value[0][n], fa, first);
      tile::mma_bf16(out.value[0][n + 1], fa, second);
    }
  }
}

template <int kFeatures, int kStride>
__device__ __forceinline__ void multiply_slab(tile::Tf32, SlabSums<kFeatures>& out,
    const WeighShape<tile::Tf32>::Sums& w, tile::Shared<float> slab, int features, tile::Shared<float>) {
  const int g = tile::lane_of_warp() / 4;
  const int t = tile::lane_of_warp() % 4;
#pragma unroll
  for (int k = 0; k < 8; ++k) {  // 8 rows of the slab: the fragment's row t is row 2t, its row t + 4 is row 2t + 1
    const auto& s = w.value[0][k];
    const uint32_t fa[4] = {tile::to_tf32(s[0]), tile::to_tf32(s[2]), tile::to_tf32(s[1]), tile::to_tf32(s[3])};
    const tile::Shared<float> rows = slab + (8 * k + 2 * t) * kStride;
#pragma unroll
    for (int n = 0; n < kFeatures / 8; ++n) {
      if (8 * n >= features) break;
      const uint32_t fb[2] = {__float_as_uint(rows[8 * n + g]), __float_as_uint(rows[kStride + 8 * n + g])};
      tile::mma_tf32(out.value[0][n], fa, fb);
    }
  }
}

template <int kFeatures, int kStride>
__device__ __forceinline__ void multiply_slab(tile::Float32, SlabSums<kFeatures>& out,
    const WeighShape<tile::Float32>::Sums& w, tile::Shared<float> slab, int features, tile::Shared<float> weights) {
  const int g = tile::lane_of_warp() / 4;
  const int t = tile::lane_of_warp() % 4;
  const tile::Shared<float> mine = weights + static_cast<int>(threadIdx.x / 32) * 16 * kWeightStride;
#pragma unroll
  for (int k = 0; k < 8; ++k) {
#pragma unroll
    for (int r = 0; r < 4; ++r) mine[(g + r / 2 * 8) * kWeightStride + 8 * k + 2 * t + r % 2] = w.value[0][k][r];
  }
  __syncwarp();  // a lane goes on with the whole of two rows, which four lanes wrote
#pragma unroll 4
  for (int j = 0; j < 64; ++j) {
    const float upper = mine[g * kWeightStride + j];
    const float lower = mine[(g + 8) * kWeightStride + j];
#pragma unroll
    for (int n = 0; n < kFeatures / 8; ++n) {
      if (8 * n >= features) break;
      const float2 y = tile::load2(slab + (j * kStride + 8 * n + 2 * t));
      out.value[0][n][0] += upper * y.x;
      out.value[0][n][1] += upper * y.y;
      out.value[0][n][2] += lower * y.x;
      out.value[0][n][3] += lower * y.y;
    }
  }
  __syncwarp();  // the next tile overwrites the weights
}

// s becomes W: weight.row(i) is what belongs to a row, weight(row, s, i, j) is W_ij; 0 outside of the matrix.
template <typename Shape, typename Weight>
__device__ __forceinline__ void weigh_tile(
    typename Shape::Sums& tile, int i0, int rows, int j0, int columns, const Weight& weight) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int i = i0 + Shape::row(0, 2 * half);
    const typename Weight::Row row = weight.row(i < rows ? i : rows - 1);
#pragma unroll
    for (int k = 0; k < 2 * Shape::kN; ++k) {
      const int j = j0 + Shape::column(k / 2, k % 2);
      float& s = tile.value[0][k / 2][2 * half + k % 2];
      s = i < rows && j < columns ? weight(row, s, i, j) : 0.0f;
    }
  }
}

// Features feature0 .. of the rows of this block, to target (rows, width).
template <typename Shape, int kFeatures>
__device__ __forceinline__ void store_slab(
    const SlabSums<kFeatures>& out, int i0, int rows, int features, int64_t width, float* __restrict__ target) {
#pragma unroll
  for (int n = 0; n < kFeatures / 8; ++n) {
#pragma unroll
    for (int r = 0; r < 4; ++r) {
      const int i = i0 + Shape::row(0, r);
      const int feature = 8 * n + tile::lane_of_warp() % 4 * 2 + r % 2;
      if (i < rows && feature < features) target[i * width + feature] = out.value[0][n][r];
    }
  }
}

}  // namespace gramian
