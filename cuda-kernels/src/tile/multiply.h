// A warp's product of two tiles in shared memory: d (kM x 16 rows, kN x 8 columns) += a b^T, rows of both along k,
// a_stride and b_stride elements apart.
//
// Lane layout of d in every precision, g = lane / 4, t = lane % 4: d[m][n][0..3] are the elements
// (16 m + g, 8 n + 2t), (.., 8 n + 2t + 1), (16 m + g + 8, 8 n + 2t), (.., 8 n + 2t + 1).
#pragma once

#include "tile/load.h"

namespace gramian {
namespace tile {

template <int kM, int kN>
struct Accumulators {
  float value[kM][kN][4];

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int m = 0; m < kM; ++m) {
#pragma unroll
      for (int n = 0; n < kN; ++n) {
#pragma unroll
        for (int r = 0; r < 4; ++r) value[m][n][r] = 0;
      }
    }
  }
};

__device__ __forceinline__ int lane_of_warp() { return static_cast<int>(threadIdx.x % 32); }

// One chunk in bf16: per step of 16 along k, kM + kN / 2 ldmatrix.x4 for kM * kN mma.
template <int kM, int kN>
__device__ __forceinline__ void multiply_chunk(
    Bfloat16, Accumulators<kM, kN>& d, Shared<uint16_t> a, Shared<uint16_t> b,
    int a_stride = kChunkStride<Bfloat16>, int b_stride = kChunkStride<Bfloat16>) {
  const int lane = lane_of_warp();
#pragma unroll
  for (int k = 0; k < Bfloat16::kChunk; k += 16) {
    uint32_t fa[kM][4];
#pragma unroll
    for (int m = 0; m < kM; ++m) {
      // matrices a0..a3: rows 0-7 and 8-15 of columns 0-7, then of columns 8-15
      load_matrix(fa[m], a + ((16 * m + lane % 16) * a_stride + k + lane / 16 * 8));
    }
#pragma unroll
    for (int n = 0; n < kN; n += 2) {
      // matrices: columns 0-7 and 8-15 of rows 0-7 (b0, b1 of n), then of rows 8-15 (b0, b1 of n + 1)
      uint32_t fb[4];
      load_matrix(fb, b + ((8 * n + lane / 16 * 8 + lane % 8) * b_stride + k + lane / 8 % 2 * 8));
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

// One chunk in TF32: per step of 8 along k, 4 kM + 2 kN loads of a word for kM * kN mma.
template <int kM, int kN>
__device__ __forceinline__ void multiply_chunk(Tf32, Accumulators<kM, kN>& d, Shared<float> a, Shared<float> b,
    int a_stride = kChunkStride<Tf32>, int b_stride = kChunkStride<Tf32>) {
  const int g = lane_of_warp() / 4;
  const int t = lane_of_warp() % 4;
#pragma unroll
  for (int k = 0; k < Tf32::kChunk; k += 8) {
    uint32_t fa[kM][4];
#pragma unroll
    for (int m = 0; m < kM; ++m) {
#pragma unroll
      for (int r = 0; r < 4; ++r) {
        fa[m][r] = __float_as_uint(a[(16 * m + g + r % 2 * 8) * a_stride + k + t + r / 2 * 4]);
      }
    }
#pragma unroll
    for (int n = 0; n < kN; ++n) {
      const uint32_t fb[2] = {__float_as_uint(b[(8 * n + g) * b_stride + k + t]),
          __float_as_uint(b[(8 * n + g) * b_stride + k + t + 4])};
#pragma unroll
      for (int m = 0; m < kM; ++m) mma_tf32(d.value[m][n], fa[m], fb);
    }
  }
}

__device__ __forceinline__ float dot4(float sum, float4 x, float4 y) {
  sum += x.x * y.x;
  sum += x.y * y.y;
  sum += x.z * y.z;
  sum += x.w * y.w;
  return sum;
}

// One chunk in float32: per step of 4 along k, 2 (kM + kN) loads of 16 bytes for 16 kM kN multiply-adds of a lane.
template <int kM, int kN>
__device__ __forceinline__ void multiply_chunk(Float32, Accumulators<kM, kN>& d, Shared<float> a, Shared<float> b,
    int a_stride = kChunkStride<Float32>, int b_stride = kChunkStride<Float32>) {
  const int g = lane_of_warp() / 4;
  const int t = lane_of_warp() % 4;
#pragma unroll 1  // two steps at a time would spill
  for (int k = 0; k < Float32::kChunk; k += 4) {
    float4 upper[kM];
    float4 lower[kM];
#pragma unroll
    for (int m = 0; m < kM; ++m) {
      upper[m] = load4(a + ((16 * m + g) * a_stride + k));
      lower[m] = load4(a + ((16 * m + g + 8) * a_stride + k));
    }
#pragma unroll
    for (int n = 0; n < kN; ++n) {
      const float4 left = load4(b + ((8 * n + 2 * t) * b_stride + k));
      const float4 right = load4(b + ((8 * n + 2 * t + 1) * b_stride + k));
#pragma unroll
      for (int m = 0; m < kM; ++m) {
        d.value[m][n][0] = dot4(d.value[m][n][0], upper[m], left);
        d.value[m][n][1] = dot4(d.value[m][n][1], upper[m], right);
        d.value[m][n][2] = dot4(d.value[m][n][2], lower[m], left);
        d.value[m][n][3] = dot4(d.value[m][n][3], lower[m], right);
      }
    }
  }
}

}  // namespace tile
}  // namespace gramian
