// A warp's product of two tiles in shared memory whose rows lie across k: d (kM x 16 rows, kN x 8 columns) += a^T b,
// row k of a has the rows of d, row k of b its columns, strides elements apart. Where k is long in memory (pixels,
// samples) nothing has to be transposed first. Lane layout of d, and kM, kN as in multiply.h.
#pragma once

#include "tile/multiply.h"

namespace gramian {
namespace tile {

// Elements from one row of a tile of kWidth to the next: 8 words (bf16: 16 bytes) behind a multiple of 128 bytes. The
// four rows that a TF32 fragment reads then start in banks 0, 8, 16, 24, the eight of an ldmatrix in 0, 4, .. 28.
template <int kWidth>
constexpr int kTurnedStride = kWidth + 8;

// As in multiply.h, with the transposing ldmatrix on both sides.
template <int kM, int kN>
__device__ __forceinline__ void multiply_turned_chunk(
    Bfloat16, Accumulators<kM, kN>& d, Shared<uint16_t> a, int a_stride, Shared<uint16_t> b, int b_stride) {
  const int lane = lane_of_warp();
#pragma unroll
  for (int k = 0; k < Bfloat16::kChunk; k += 16) {
    uint32_t fa[kM][4];
#pragma unroll
    for (int m = 0; m < kM; ++m) {
      // matrices a0..a3: k 0-7 of rows 0-7 and 8-15, then k 8-15
      load_matrix_transposed(fa[m], a + ((k + lane % 8 + lane / 16 * 8) * a_stride + 16 * m + lane / 8 % 2 * 8));
    }
#pragma unroll
    for (int n = 0; n < kN; n += 2) {
      // matrices: k 0-7 and 8-15 of columns 0-7 (b0, b1 of n), then of columns 8-15 (b0, b1 of n + 1)
      uint32_t fb[4];
      load_matrix_transposed(fb, b + ((k + lane % 16) * b_stride + 8 * n + lane / 16 * 8));
      const uint32_t left[2] = {fb[0], fb[1]};
      const uint32_t right[2] = {fb[2], fb[3]};
#pragma unroll
      for (int m = 0; m < kM; ++m) {
        mma_bf16(d.value[m][n], fa[m], left);
        mma_bf16(d.value[m][n + 1], fa[m], right);
      }
    }
  }
}

template <int kM, int kN>
__device__ __forceinline__ void multiply_turned_chunk(
    Tf32, Accumulators<kM, kN>& d, Shared<float> a, int a_stride, Shared<float> b, int b_stride) {
  const int g = lane_of_warp() / 4;
  const int t = lane_of_warp() % 4;
#pragma unroll
  for (int k = 0; k < Tf32::kChunk; k += 8) {
    uint32_t fa[kM][4];
#pragma unroll
    for (int m = 0; m < kM; ++m) {
#pragma unroll
      for (int r = 0; r < 4; ++r) {
        fa[m][r] = __float_as_uint(a[(k + t + r / 2 * 4) * a_stride + 16 * m + g + r % 2 * 8]);
      }
    }
#pragma unroll
    for (int n = 0; n < kN; ++n) {
      const uint32_t fb[2] = {__float_as_uint(b[(k + t) * b_stride + 8 * n + g]),
          __float_as_uint(b[(k + t + 4) * b_stride + 8 * n + g])};
#pragma unroll
      for (int m = 0; m < kM; ++m) mma_tf32(d.value[m][n], fa[m], fb);
    }
  }
}

// Per k, 2 kM loads of a word and kN of two for 4 kM kN multiply-adds of a lane.
template <int kM, int kN>
__device__ __forceinline__ void multiply_turned_chunk(
    Float32, Accumulators<kM, kN>& d, Shared<float> a, int a_stride, Shared<float> b, int b_stride) {
  const int g = lane_of_warp() / 4;
  const int t = lane_of_warp() % 4;
#pragma unroll 2  // more at a time would spill
  for (int k = 0; k < Float32::kChunk; ++k) {
    float upper[kM];
    float lower[kM];
#pragma unroll
    for (int m = 0; m < kM; ++m) {
      upper[m] = a[k * a_stride + 16 * m + g];
      lower[m] = a[k * a_stride + 16 * m + g + 8];
    }
#pragma unroll
    for (int n = 0; n < kN; ++n) {
      const float2 pair = load2(b + (k * b_stride + 8 * n + 2 * t));
#pragma unroll
      for (int m = 0; m < kM; ++m) {
        d.value[m][n][0] += upper[m] * pair.x;
        d.value[m][n][1] += upper[m] * pair.y;
        d.value[m][n][2] += lower[m] * pair.x;
        d.value[m][n][3] += lower[m] * pair.y;
      }
    }
  }
}

}  // namespace tile
}  // namespace gramian
