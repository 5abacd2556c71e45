// Rows across k for the main loop of tile_product.h: a stage of them, and the feed of two matrices (patches:
// nn/windows.h).
#pragma once

#include "gram/tile_product.h"
#include "tile/multiply_turned.h"

namespace gramian {

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
