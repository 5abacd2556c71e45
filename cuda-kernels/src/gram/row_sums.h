// For every row i of X one statistic of s_ij over the columns j of Y whose pairs count, s = X Y^T, without s in memory:
// the forward pass of every loss on a Gram matrix. FLOP 2 m n d, O(splits m) memory; tiles of 128 x 128 by the main
// loop of tile_stream.h. A matrix with itself: symmetric_sums.h.
//
// A Statistic has
//   Sum                     what is known of a row
//   kOut                    what stands in for an entry that does not count
//   start()                 the Sum of nothing
//   add(sum, s, j)          the entries s of one lane in one row of a tile, columns j
//   merge(a, b), moved(sum, lanes)   two parts of a row; a Sum from the lane whose number differs by lanes
// Lanes, warps, splits merge in a fixed order.
#pragma once

#include "gram/pairs.h"
#include "gram/splits.h"
#include "gram/tile_stream.h"

namespace gramian {

// A tile, added to the rows of this lane.
template <typename Shape, typename Statistic>
__device__ __forceinline__ void add_tile(typename Statistic::Sum (&rows)[Shape::kM][2],
    const typename Shape::Sums& tile, int i0, int j0, int columns, const Pairs& pairs, const Statistic& statistic) {
  int column[2 * Shape::kN];
  int image[2 * Shape::kN];
#pragma unroll
  for (int k = 0; k < 2 * Shape::kN; ++k) {
    column[k] = j0 + Shape::column(k / 2, k % 2);
    image[k] = pairs.image_of_column(column[k]);
  }
#pragma unroll
  for (int m = 0; m < Shape::kM; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int mine = pairs.image_of_row(i0 + Shape::row(m, 2 * half));
      float s[2 * Shape::kN];
#pragma unroll
      for (int k = 0; k < 2 * Shape::kN; ++k) {
        s[k] = column[k] < columns && image[k] != mine ? tile.value[m][k / 2][2 * half + k % 2] : Statistic::kOut;
      }
      statistic.add(rows[m][half], s, column);
    }
  }
}

// partial (batch, splits, rows of X).
template <typename Shape, typename Statistic>
__global__ void __launch_bounds__(kGramThreads)
    row_sums(Operand<typename Shape::Mode> x, Operand<typename Shape::Mode> y, int stride, Pairs pairs,
        Statistic statistic, int tiles, typename Statistic::Sum* __restrict__ partial) {
  using Sum = typename Statistic::Sum;
  tile::SharedMemory memory;
  const auto stream_memory = memory.take<typename Shape::Element>(stream_elements<Shape>(x.width));
  const auto shared = memory.take<Sum>(Shape::kWarpColumns * Shape::kRows);
  const int columns = static_cast<int>(y.count);
  const int i0 = static_cast<int>(blockIdx.x) * Shape::kRows;
  x.rows += static_cast<int64_t>(blockIdx.z) * x.count * x.width;
  y.rows += static_cast<int64_t>(blockIdx.z) * y.count * y.width;
  Sum rows[Shape::kM][2];
#pragma unroll
  for (int k = 0; k < 2 * Shape::kM; ++k) rows[k / 2][k % 2] = statistic.start();

  const int all = (columns + Shape::kColumns - 1) / Shape::kColumns;
  const int first = static_cast<int>(blockIdx.y) * tiles;
  const int end = first + tiles < all ? first + tiles : all;
  TileStream<Shape> stream(stream_memory, stride, x, i0, y, first, end);
#pragma unroll 1
  for (int tile = first; tile < end; ++tile) {
    typename Shape::Sums s;
    stream.multiply(s);
    add_tile<Shape>(rows, s, i0, tile * Shape::kColumns, columns, pairs, statistic);
  }

  const int warp_column = Shape::warp_column() / (Shape::kN * 8);
#pragma unroll
  for (int k = 0; k < 2 * Shape::kM; ++k) {
    Sum row = rows[k / 2][k % 2];
    for (int lanes = 1; lanes <= 2; lanes *= 2) row = statistic.merge(row, statistic.moved(row, lanes));
    if (tile::lane_of_warp() % 4 == 0) shared[warp_column * Shape::kRows + Shape::row(k / 2, 2 * (k % 2))] = row;
  }
  __syncthreads();  // a row is finished by one thread, from all warps that share it
  partial += (static_cast<int64_t>(blockIdx.z) * gridDim.y + blockIdx.y) * x.count;
  for (int r = static_cast<int>(threadIdx.x); r < Shape::kRows && i0 + r < x.count; r += kGramThreads) {
    Sum row = shared[r];
    for (int w = 1; w < Shape::kWarpColumns; ++w) row = statistic.merge(row, shared[w * Shape::kRows + r]);
    partial[i0 + r] = row;
  }
}

template <typename Sum>
struct RowSums {
  Sum* partial;  // (batch, splits, rows)
  int splits;
};

// name is the kernel's in messages; a batch of X and of Y lies one behind the other, at most 65535.
template <typename Mode, typename Statistic>
RowSums<typename Statistic::Sum> row_sums_of(gramian_context* context, const char* name, const Operand<Mode>& x,
    const Operand<Mode>& y, const Pairs& pairs, const Statistic& statistic, int64_t batch = 1) {
  using Shape = TileShape<Mode, 4, 4, 2>;  // 128 x 128, a warp 64 x 32
  using Sum = typename Statistic::Sum;
  check_counts(x.count, y.count);
  const unsigned blocks = blocks_of(x.count, Shape::kRows);
  const Splits splits = split_columns(batch * blocks, y.count, Shape::kColumns);
  const RowSums<Sum> out = {context->scratch<Sum>(batch * splits.count * x.count), splits.count};
  launch(context->stream,
      {name, dim3(blocks, static_cast<unsigned>(splits.count), static_cast<unsigned>(batch)), kGramThreads,
          tile::shared_bytes<typename Mode::Element>(stream_elements<Shape>(x.width)) +
              tile::shared_bytes<Sum>(Shape::kWarpColumns * Shape::kRows)},
      row_sums<Shape, Statistic>, x, y, kept_stride<Shape>(x.width), pairs, statistic, splits.tiles, out.partial);
  return out;
}

}  // namespace gramian
