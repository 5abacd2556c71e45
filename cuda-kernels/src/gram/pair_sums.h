// The sum over pairs i < j of a term of s_ij = <x_i, x_j>, without s in memory: what the forward pass of a loss needs
// that is a plain sum over the entries of a symmetric Gram matrix. X (n, width).
//
// A block per tile of the upper triangle: n^2 width FLOP. Sums: float32 over the entries that a lane has in a row of a
// tile (8), float64 from there on, in a fixed order; whoever reads the partial sums adds them in theirs.
#pragma once

#include "gram/tile_product.h"
#include "gram/triangle.h"
#include "tile/reduce.h"

namespace gramian {

template <typename Mode>
using PairShape = TileShape<Mode, 4, 4, 2>;  // 128 x 128, a warp 64 x 32

// partial[tile of the triangle] = sum of term(s_ij, i, j).
template <typename Mode, typename Term>
__global__ void __launch_bounds__(kGramThreads) pair_sums(Operand<Mode> x, Term term, double* __restrict__ partial) {
  using Shape = PairShape<Mode>;
  static_assert(Shape::kRows == Shape::kColumns, "the triangle has square tiles");
  tile::SharedMemory memory;
  const auto stages = memory.take<typename Mode::Element>(Shape::kStages * Shape::kStage);
  const auto scratch = memory.take<double>(kGramThreads / 32);
  const TilePair at = triangle_tile(blockIdx.x);
  const int i0 = at.row * Shape::kRows;
  const int j0 = at.column * Shape::kColumns;
  const int rows = static_cast<int>(x.count);
  typename Shape::Sums s;
  multiply_tile<Shape>(s, stages, x, i0, x, j0);
  double sum = 0;
#pragma unroll
  for (int m = 0; m < Shape::kM; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int i = i0 + Shape::row(m, 2 * half);
      float of_row = 0;
#pragma unroll
      for (int k = 0; k < 2 * Shape::kN; ++k) {
        const int j = j0 + Shape::column(k / 2, k % 2);
        if (i < j && j < rows) of_row += term(s.value[m][k / 2][2 * half + k % 2], i, j);
      }
      sum += static_cast<double>(of_row);
    }
  }
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// Partial sums, one per tile of the triangle.
struct PairSums {
  const double* partial;
  int64_t count;
};

template <typename Mode, typename Term>
PairSums pair_sums_of(gramian_context* context, const char* name, const Operand<Mode>& x, const Term& term) {
  using Shape = PairShape<Mode>;
  const int64_t count = triangle_tiles((x.count + Shape::kRows - 1) / Shape::kRows);
  double* partial = context->scratch<double>(count);
  const size_t bytes = tile::shared_bytes<typename Mode::Element>(Shape::kStages * Shape::kStage) +
                       tile::shared_bytes<double>(kGramThreads / 32);
  launch(context->stream, {name, static_cast<unsigned>(count), kGramThreads, bytes}, pair_sums<Mode, Term>, x, term,
      partial);
  return {partial, count};
}

}  // namespace gramian
