// The main loop of tile_product.h for operands that no load_rows could bring: a feed starts the copies of one chunk of
// both sides, and says how a stage is multiplied. Rows along k (RowFeed, and the windows of nn/windows.h) and rows
// across k (TurnedFeed, and the patches there) share it.
#pragma once

#include "gram/tile_product.h"
#include "tile/multiply_turned.h"

namespace gramian {

// sums = the tile's sums over chunks first .. first + count - 1. feed.load(stage, chunk) starts copies of all threads,
// zeros where there is nothing; feed.multiply(sums, stage) adds the stage's products. stages as in multiply_chunks.
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

// Where the right side of a stage of rows across k begins: behind kChunk rows of kRows elements.
template <typename Shape>
constexpr int kTurnedRight = Shape::Mode::kChunk * tile::kTurnedStride<Shape::kRows>;

// A stage of rows across k: kChunk rows of the left side, then of the right.
template <typename Shape>
__device__ __forceinline__ void multiply_turned(
    typename Shape::Sums& sums, tile::Shared<typename Shape::Element> stage) {
  using Mode = typename Shape::Mode;
  static_assert(kTurnedRight<Shape> + Mode::kChunk * tile::kTurnedStride<Shape::kColumns> <= Shape::kStage,
      "a stage of the other form has room for it");
  tile::multiply_turned_chunk(Mode(), sums, stage + Shape::warp_row(), tile::kTurnedStride<Shape::kRows>,
      stage + (kTurnedRight<Shape> + Shape::warp_column()), tile::kTurnedStride<Shape::kColumns>);
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

// x^T y from column i0 of x and j0 of y on; both have one row for each k.
template <typename Shape>
struct TurnedFeed {
  const Operand<typename Shape::Mode>& x;
  int i0;
  const Operand<typename Shape::Mode>& y;
  int j0;

  __device__ __forceinline__ void load(tile::Shared<typename Shape::Element> stage, int chunk) const {
    using Mode = typename Shape::Mode;
    const int k = chunk * Mode::kChunk;
    tile::load_rows<Mode::kChunk, Shape::kRows, kGramThreads>(
        stage, tile::kTurnedStride<Shape::kRows>, x.rows, x.count, x.width, k, i0);
    tile::load_rows<Mode::kChunk, Shape::kColumns, kGramThreads>(stage + kTurnedRight<Shape>,
        tile::kTurnedStride<Shape::kColumns>, y.rows, y.count, y.width, k, j0);
  }
  __device__ __forceinline__ void multiply(
      typename Shape::Sums& sums, tile::Shared<typename Shape::Element> stage) const {
    multiply_turned<Shape>(sums, stage);
  }
};

}  // namespace gramian
