// dX = W Y with W_ij a function of s_ij = <x_i, y_j>, without s or W in memory: the backward pass of every loss on a
// Gram matrix. X (m, width), Y (n, width).
//
// A block owns 128 rows of X and kFeatures features of the result, which stay in its registers. For each tile of 64
// rows of Y: s by the main loop, W in place of s, and W times the features of Y. A warp has 16 rows with all their
// columns, so that its s is the left operand of the second product where it lies (slab_product.h).
//
//   weighted_whole_rows   rows that fit shared memory whole: width <= 256 in bf16, 128 in TF32. Rows of X stay there, a
//                         tile of Y comes once for both products, s is computed once: 4 m n width FLOP, 64 width
//                         elements read from the L2 cache a tile.
//   weighted_rows         any width, 128 features a block: 2 m n (width ceil(width / 128) + width) FLOP, 192 width + 64
//                         kFeatures elements a tile.
#pragma once

#include "gram/slab_product.h"

namespace gramian {

constexpr int kFeatures = 128;

// Elements from one row of features to the next: 16 bytes behind them, so that neighbouring rows start 4 banks apart.
template <typename Mode, int kCount>
constexpr int kRowStride = kCount + tile::kElementsIn16Bytes<Mode>;

// partial (splits, rows of X, width): the sum over the columns of each split.
template <typename Mode, typename Weight>
__global__ void __launch_bounds__(kGramThreads)
    weighted_rows(Operand<Mode> x, Operand<Mode> y, Weight weight, int tiles, float* __restrict__ partial) {
  using Shape = WeighShape<Mode>;
  constexpr int kStride = kRowStride<Mode, kFeatures>;
  tile::SharedMemory memory;
  const auto stages = memory.take<typename Mode::Element>(Shape::kStages * Shape::kStage);
  const auto slab = memory.take<typename Mode::Element>(Shape::kColumns * kStride);
  const auto weights = memory.take<float>(kWeightFloats<Mode>);
  const int rows = static_cast<int>(x.count);
  const int columns = static_cast<int>(y.count);
  const int i0 = static_cast<int>(blockIdx.x) * Shape::kRows;
  const int64_t feature0 = static_cast<int64_t>(blockIdx.z) * kFeatures;
  const int features = static_cast<int>(x.width - feature0 < kFeatures ? x.width - feature0 : kFeatures);
  SlabSums<kFeatures> out;
  out.clear();

  const int first = static_cast<int>(blockIdx.y) * tiles;
#pragma unroll 1
  for (int tile = first; tile < first + tiles && tile * Shape::kColumns < columns; ++tile) {
    const int j0 = tile * Shape::kColumns;
    tile::load_rows<Shape::kColumns, kFeatures, kGramThreads>(
        slab, kStride, y.rows, y.count, y.width, j0, feature0);
    tile::commit_copies();
    typename Shape::Sums s;
    multiply_tile<Shape>(s, stages, x, i0, y, j0);
    weigh_tile<Shape>(s, i0, rows, j0, columns, weight);
    multiply_slab<kFeatures, kStride>(Mode(), out, s, slab, features, weights);
    __syncthreads();  // the next tile overwrites the slab
  }
  store_slab<Shape, kFeatures>(out, i0, rows, features, x.width,
      partial + static_cast<int64_t>(blockIdx.y) * x.count * x.width + feature0);
}

// The same for width <= kWidth.
template <typename Mode, int kWidth, typename Weight>
__global__ void __launch_bounds__(kGramThreads)
    weighted_whole_rows(Operand<Mode> x, Operand<Mode> y, Weight weight, int tiles, float* __restrict__ partial) {
  using Shape = WeighShape<Mode>;
  constexpr int kStride = kRowStride<Mode, kWidth>;
  tile::SharedMemory memory;
  const auto mine = memory.take<typename Mode::Element>(Shape::kRows * kStride);
  const auto stages = memory.take<typename Mode::Element>(2 * Shape::kColumns * kStride);
  const int rows = static_cast<int>(x.count);
  const int columns = static_cast<int>(y.count);
  const int width = static_cast<int>(x.width);
  const int i0 = static_cast<int>(blockIdx.x) * Shape::kRows;
  const int first = static_cast<int>(blockIdx.y) * tiles;
  const int left = (columns + Shape::kColumns - 1) / Shape::kColumns - first;
  const int count = left < tiles ? left : tiles;
  SlabSums<kWidth> out;
  out.clear();

  tile::load_rows<Shape::kRows, kWidth, kGramThreads>(mine, kStride, x.rows, x.count, x.width, i0, 0);
  tile::load_rows<Shape::kColumns, kWidth, kGramThreads>(
      stages, kStride, y.rows, y.count, y.width, static_cast<int64_t>(first) * Shape::kColumns, 0);
  tile::commit_copies();
#pragma unroll 1
  for (int t = 0; t < count; ++t) {
    const int j0 = (first + t) * Shape::kColumns;
    if (t + 1 < count) {
      tile::load_rows<Shape::kColumns, kWidth, kGramThreads>(stages + (t + 1) % 2 * Shape::kColumns * kStride, kStride,
          y.rows, y.count, y.width, j0 + Shape::kColumns, 0);
    }
    tile::commit_copies();  // an empty group at the end, so that the wait below always leaves the newest alone
    tile::wait_copies<1>();
    __syncthreads();  // the tile that this thread waited for came in parts through all threads
    const auto slab = stages + t % 2 * Shape::kColumns * kStride;
    typename Shape::Sums s;
    s.clear();
#pragma unroll 1
    for (int k = 0; k < width; k += Mode::kChunk) {
      tile::multiply_chunk(Mode(), s, mine + (Shape::warp_row() * kStride + k), slab + k, kStride, kStride);
    }
    weigh_tile<Shape>(s, i0, rows, j0, columns, weight);
    multiply_slab<kWidth, kStride>(Mode(), out, s, slab, width, tile::Shared<float>());
    __syncthreads();  // nobody may overwrite the tile before all have read it
  }
  store_slab<Shape, kWidth>(
      out, i0, rows, width, x.width, partial + static_cast<int64_t>(blockIdx.y) * x.count * x.width);
}

// The widest rows of weighted_whole_rows: 132 KiB of shared memory in both.
template <typename Mode>
constexpr int64_t kWholeWidth = std::is_same_v<Mode, tile::Bfloat16> ? 256
                                : std::is_same_v<Mode, tile::Tf32>   ? 128
                                                                     : 0;

}  // namespace gramian
