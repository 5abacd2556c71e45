// The main loop under every Gram kernel: one tile of X Y^T in the accumulators of a block, X (m, width), Y (n, width).
//
// Block of 8 warps. Chunks of 128 bytes of kRows rows of X and kColumns rows of Y come by cp.async into two stages:
// while one is multiplied, the next is on its way. 2 kRows kColumns width FLOP a tile, 144 (kRows + kColumns) 2 bytes
// of shared memory.
#pragma once

#include "gram/operand.h"
#include "tile/multiply.h"

namespace gramian {

constexpr int kGramThreads = 256;

// Warps stand in kWarpRows rows; each has kM x 16 rows and kN x 8 columns of the tile.
template <typename Mode_, int kM_, int kN_, int kWarpRows>
struct TileShape {
  using Mode = Mode_;
  using Element = typename Mode::Element;
  static constexpr int kM = kM_;
  static constexpr int kN = kN_;
  static constexpr int kWarpColumns = kGramThreads / 32 / kWarpRows;
  static constexpr int kRows = kWarpRows * kM * 16;
  static constexpr int kColumns = kWarpColumns * kN * 8;
  static constexpr int kStage = (kRows + kColumns) * tile::kChunkStride<Mode>;  // elements
  static constexpr int kStages = 2;
  using Sums = tile::Accumulators<kM, kN>;

  // First row and column of this warp in the tile.
  static __device__ __forceinline__ int warp_row() {
    return static_cast<int>(threadIdx.x / 32) / kWarpColumns * kM * 16;
  }
  static __device__ __forceinline__ int warp_column() {
    return static_cast<int>(threadIdx.x / 32) % kWarpColumns * kN * 8;
  }
  // Row in the tile of d[m][.][r], column in the tile of d[.][n][r].
  static __device__ __forceinline__ int row(int m, int r) {
    return warp_row() + 16 * m + tile::lane_of_warp() / 4 + r / 2 * 8;
  }
  static __device__ __forceinline__ int column(int n, int r) {
    return warp_column() + 8 * n + tile::lane_of_warp() % 4 * 2 + r % 2;
  }
};

template <typename Shape>
__device__ __forceinline__ void load_stage(tile::Shared<typename Shape::Element> stage,
    const Operand<typename Shape::Mode>& x, int64_t i0, const Operand<typename Shape::Mode>& y, int64_t j0, int64_t k) {
  using Mode = typename Shape::Mode;
  constexpr int kStride = tile::kChunkStride<Mode>;
  tile::load_rows<Shape::kRows, Mode::kChunk, kGramThreads>(stage, kStride, x.rows, x.count, x.width, i0, k);
  tile::load_rows<Shape::kColumns, Mode::kChunk, kGramThreads>(
      stage + Shape::kRows * kStride, kStride, y.rows, y.count, y.width, j0, k);
}

// sums = the tile's sums over chunks first .. first + count - 1. feed.load(stage, chunk) starts copies of all threads,
// zeros where there is nothing; feed.multiply(sums, stage) adds the stage's products.
// stages (kStages * kStage) may be reused as soon as the call returns, by all threads: it ends with a barrier. Copies
// that the caller started before are over, if there is a chunk at all.
template <typename Shape, typename Feed>
__device__ __forceinline__ void multiply_fed(typename Shape::Sums& sums,
    tile::Shared<typename Shape::Element> stages, const Feed& feed, int first, int count) {
  sums.clear();
  if (count > 0) feed.load(stages, first);
  tile::commit_copies();
#pragma unroll 1
  for (int c = 0; c < count; ++c) {
    if (c + 1 < count) feed.load(stages + (c + 1) % 2 * Shape::kStage, first + c + 1);
    tile::commit_copies();  // an empty group at the end, so that the wait below always leaves the newest alone
    tile::wait_copies<1>();
    __syncthreads();  // the chunk that this thread waited for came in parts through all threads
    feed.multiply(sums, stages + c % 2 * Shape::kStage);
    __syncthreads();  // nobody may overwrite the stage before all have read it
  }
}

// A stage of rows along k: kRows of the left side, then kColumns of the right, kChunkStride apart.
template <typename Shape>
__device__ __forceinline__ void multiply_rows(
    typename Shape::Sums& sums, tile::Shared<typename Shape::Element> stage) {
  using Mode = typename Shape::Mode;
  constexpr int kStride = tile::kChunkStride<Mode>;
  tile::multiply_chunk(
      Mode(), sums, stage + Shape::warp_row() * kStride, stage + (Shape::kRows + Shape::warp_column()) * kStride);
}

// x y^T from row i0 of x and j0 of y on.
template <typename Shape>
struct RowFeed {
  const Operand<typename Shape::Mode>& x;
  int i0;
  const Operand<typename Shape::Mode>& y;
  int j0;

  __device__ __forceinline__ void load(tile::Shared<typename Shape::Element> stage, int chunk) const {
    load_stage<Shape>(stage, x, i0, y, j0, static_cast<int64_t>(chunk) * Shape::Mode::kChunk);
  }
  __device__ __forceinline__ void multiply(
      typename Shape::Sums& sums, tile::Shared<typename Shape::Element> stage) const {
    multiply_rows<Shape>(sums, stage);
  }
};

// sums = <x_(i0 + row), y_(j0 + column)> over chunks first .. first + count - 1. Rows behind the end count as zeros.
template <typename Shape>
__device__ __forceinline__ void multiply_chunks(typename Shape::Sums& sums,
    tile::Shared<typename Shape::Element> stages, const Operand<typename Shape::Mode>& x, int64_t i0,
    const Operand<typename Shape::Mode>& y, int64_t j0, int first, int count) {
  multiply_fed<Shape>(sums, stages, RowFeed<Shape>{x, static_cast<int>(i0), y, static_cast<int>(j0)}, first, count);
}

// The whole width.
template <typename Shape>
__device__ __forceinline__ void multiply_tile(typename Shape::Sums& sums, tile::Shared<typename Shape::Element> stages,
    const Operand<typename Shape::Mode>& x, int64_t i0, const Operand<typename Shape::Mode>& y, int64_t j0) {
  multiply_chunks<Shape>(sums, stages, x, i0, y, j0, 0, static_cast<int>(x.width / Shape::Mode::kChunk));
}

}  // namespace gramian
