// A lower triangle of 32 x 32 blocks in shared memory: Cholesky factor and inverse in float64, by a block of 8 warps.
// Thread (warp w, lane) has the elements (w + 8 q, lane), q < 4, of a block; padding the order to a multiple of 32 with
// the identity leaves no ragged block. Products of blocks instead of substitutions: the diagonal blocks are inverted as
// they are made, by one warp with a row (then a column) a lane.
#pragma once

#include <float.h>

#include "linalg/bad_pivot.h"
#include "tile/load.h"
#include "tile/reduce.h"

namespace gramian {
namespace whitening {

constexpr int kSide = 32;
constexpr int kFusedThreads = 256;
constexpr int kFusedWarps = kFusedThreads / 32;
constexpr int kOwnRows = kSide / kFusedWarps;  // rows of a block that a warp has
constexpr int kWideStride = kSide + 1;         // 33 doubles: the 32 rows of a column start in different banks
constexpr int kWideBlock = kSide * kWideStride;
constexpr int kNarrowStride = kSide + 4;       // 36 floats: rows stay aligned to 16 bytes, 8 rows meet no bank twice
constexpr int kNarrowBlock = kSide * kNarrowStride;

__host__ __device__ constexpr int triangle_of(int blocks) { return blocks * (blocks + 1) / 2; }
__host__ __device__ constexpr int block_at(int i, int j) { return i * (i + 1) / 2 + j; }

__device__ __forceinline__ int own_warp() { return static_cast<int>(threadIdx.x / 32); }
__device__ __forceinline__ int own_lane() { return static_cast<int>(threadIdx.x % 32); }

// sum += A B^T, or A B when kPlain. Rows of A are read by their own warp only.
template <bool kPlain>
__device__ __forceinline__ void multiply_block(
    double (&sum)[kOwnRows], tile::Shared<double> a, tile::Shared<double> b) {
#pragma unroll 4
  for (int k = 0; k < kSide; ++k) {
    const double y = kPlain ? b[k * kWideStride + own_lane()] : b[own_lane() * kWideStride + k];
#pragma unroll
    for (int q = 0; q < kOwnRows; ++q) sum[q] += static_cast<double>(a[(own_warp() + 8 * q) * kWideStride + k]) * y;
  }
}

template <typename Value>
__device__ __forceinline__ void store_block(tile::Shared<double> a, Value value) {
#pragma unroll
  for (int q = 0; q < kOwnRows; ++q) a[(own_warp() + 8 * q) * kWideStride + own_lane()] = value(q);
}

struct FactorScratch {
  tile::Shared<double> diagonal;  // (order) of S
  tile::Shared<double> column;    // (32)
  tile::Shared<double> inverse;   // (32): 1 / diagonal of L
  tile::Shared<double> bad;       // (2): column or -1, and its pivot
};

// One warp: a (32, 32) becomes L^-1, zeros above. A pivot must exceed what rounding leaves of a dependent column; NaN
// fails. After a bad pivot, of which the first is kept, everything is NaN.
__device__ __forceinline__ void invert_diagonal_block(
    tile::Shared<double> a, int first, double rounding, const FactorScratch& scratch) {
  const int lane = own_lane();
  double row[kSide];
#pragma unroll
  for (int k = 0; k < kSide; ++k) row[k] = a[lane * kWideStride + k];
  int bad = -1;
  double value = 0;
#pragma unroll
  for (int j = 0; j < kSide; ++j) {
    const double pivot = __shfl_sync(tile::kAllLanes, row[j], j);
    if (bad < 0 && !(pivot > rounding * static_cast<double>(scratch.diagonal[first + j]))) {
      bad = first + j;
      value = pivot;
    }
    const double root = sqrt(pivot);
    const double inverse = 1 / root;
    row[j] = lane < j ? 0.0 : lane == j ? root : row[j] * inverse;
    scratch.column[lane] = row[j];
    if (lane == j) scratch.inverse[j] = inverse;
    __syncwarp();  // the column is whole
#pragma unroll
    for (int k = j + 1; k < kSide; ++k) row[k] -= row[j] * static_cast<double>(scratch.column[k]);
    __syncwarp();  // nobody may overwrite what another still reads
  }
#pragma unroll
  for (int k = 0; k < kSide; ++k) a[lane * kWideStride + k] = row[k];
  if (lane == 0) {
    scratch.bad[0] = bad;
    scratch.bad[1] = value;
  }
  __syncwarp();  // L is whole
#pragma unroll
  for (int i = 0; i < kSide; ++i) {  // row becomes column `lane` of the inverse
    double sum = lane == i ? 1.0 : 0.0;
#pragma unroll
    for (int k = 0; k < i; ++k) sum -= static_cast<double>(a[i * kWideStride + k]) * row[k];
    row[i] = sum * static_cast<double>(scratch.inverse[i]);
  }
  __syncwarp();  // all have read L
#pragma unroll
  for (int k = 0; k < kSide; ++k) a[k * kWideStride + lane] = row[k];
}

// S = L L^T: diagonal blocks become the inverses of those of L, the others L. False, and scratch.bad says why, at a bad
// pivot; all threads return the same.
__device__ __forceinline__ bool factor_blocks(
    int blocks, tile::Shared<double> s, double rounding, const FactorScratch& scratch) {
#pragma unroll 1
  for (int j = 0; j < blocks; ++j) {
    const auto diagonal = s + block_at(j, j) * kWideBlock;
    if (own_warp() == 0) invert_diagonal_block(diagonal, j * kSide, rounding, scratch);
    __syncthreads();  // the inverse is whole
    if (scratch.bad[0] >= 0) return false;
#pragma unroll 1
    for (int i = j + 1; i < blocks; ++i) {  // L_ij = S_ij L_jj^-T
      const auto panel = s + block_at(i, j) * kWideBlock;
      double sum[kOwnRows] = {};
      multiply_block<false>(sum, panel, diagonal);
      __syncwarp();  // the warp has read its rows
      store_block(panel, [&](int q) { return sum[q]; });
    }
    __syncthreads();  // column j of L is whole
#pragma unroll 1
    for (int i = j + 1; i < blocks; ++i) {
#pragma unroll 1
      for (int k = j + 1; k <= i; ++k) {  // S_ik -= L_ij L_kj^T
        const auto target = s + block_at(i, k) * kWideBlock;
        double sum[kOwnRows] = {};
        multiply_block<false>(sum, s + block_at(i, j) * kWideBlock, s + block_at(k, j) * kWideBlock);
        store_block(target, [&](int q) {
          return static_cast<double>(target[(own_warp() + 8 * q) * kWideStride + own_lane()]) - sum[q];
        });
      }
    }
    __syncthreads();  // the next diagonal block is up to date
  }
  return true;
}

// L, with the inverses of its diagonal blocks, becomes L^-1: W_ij = -W_ii sum_{j<=k<i} L_ik W_kj, row by row of blocks.
__device__ __forceinline__ void invert_blocks(int blocks, tile::Shared<double> l) {
#pragma unroll 1
  for (int i = 1; i < blocks; ++i) {
#pragma unroll 1
    for (int j = 0; j < i; ++j) {  // the sum takes the place of L_ij, which the later j do not need
      double sum[kOwnRows] = {};
#pragma unroll 1
      for (int k = j; k < i; ++k) {
        multiply_block<true>(sum, l + block_at(i, k) * kWideBlock, l + block_at(k, j) * kWideBlock);
      }
      __syncwarp();  // the warp has read its rows
      store_block(l + block_at(i, j) * kWideBlock, [&](int q) { return sum[q]; });
      __syncwarp();  // and may read those of the next block
    }
    __syncthreads();  // the sums are whole
#pragma unroll 1
    for (int j = 0; j < i; ++j) {
      const auto target = l + block_at(i, j) * kWideBlock;
      double sum[kOwnRows] = {};
      multiply_block<true>(sum, l + block_at(i, i) * kWideBlock, target);
      __syncthreads();  // all have read the sums of this block
      store_block(target, [&](int q) { return -sum[q]; });
    }
    __syncthreads();  // row i of W is whole
  }
}

// sum[q][c] += x . m for the warp's rows x (4, 32 blocks) and the rows m of a float32 block, 32 of them along k.
template <int kBlocks>
__device__ __forceinline__ void multiply_rows(float (&sum)[kOwnRows][kBlocks], int c, tile::Shared<float> x,
    tile::Shared<float> block, int k) {
#pragma unroll 2
  for (int at = 0; at < kSide; at += 4) {
    const float4 right = tile::load4(block + (own_lane() * kNarrowStride + at));
#pragma unroll
    for (int q = 0; q < kOwnRows; ++q) {
      const float4 left = tile::load4(x + (q * kSide * kBlocks + k * kSide + at));
      sum[q][c] += left.x * right.x;
      sum[q][c] += left.y * right.y;
      sum[q][c] += left.z * right.z;
      sum[q][c] += left.w * right.w;
    }
  }
}

}  // namespace whitening
}  // namespace gramian
