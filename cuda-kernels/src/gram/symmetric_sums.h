// The sums of exponential_sums.h with the constant shift for a matrix with itself, s = X X^T: one triangle of its
// tiles, because e_ij = e_ji. A tile (I, J), I < J, gives the sums over its columns to the rows of I and the sums over
// its rows to the rows of J. FLOP m^2 d, m^2 / 2 exponentials.
//
// Rows of I stay in registers over the tiles of a block. What a tile gives to J goes to `across` (tiles of the band,
// m): every element has one writer, and a second kernel adds them up in the order of I. Row tiles come in bands, so
// that `across` has at most kAcrossBytes.
#pragma once

#include "gram/exponential_sums.h"
#include "gram/splits.h"
#include "gram/tile_stream.h"

namespace gramian {

constexpr int64_t kAcrossBytes = 16 << 20;

// What a tile gives: to the rows of this lane, and to `across` (the tile's columns) unless it lies on the diagonal.
// halves (kWarpRows, kColumns) is scratch of the block.
template <typename Shape, bool kUnsigned>
__device__ __forceinline__ void add_symmetric_tile(double (&rows)[Shape::kM][2], const typename Shape::Sums& tile,
    int i0, int j0, int count, const Pairs& pairs, float scale, int similarity, tile::Shared<float> halves,
    float* __restrict__ across) {
  float down[2 * Shape::kN];
  int image[2 * Shape::kN];
#pragma unroll
  for (int k = 0; k < 2 * Shape::kN; ++k) {
    down[k] = 0;
    image[k] = pairs.image_of_column(j0 + Shape::column(k / 2, k % 2));
  }
#pragma unroll
  for (int m = 0; m < Shape::kM; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int i = i0 + Shape::row(m, 2 * half);
      const int mine = pairs.image_of_row(i);
      float sum = 0;
#pragma unroll
      for (int k = 0; k < 2 * Shape::kN; ++k) {
        const float s = tile.value[m][k / 2][2 * half + k % 2];
        const bool counts = i < count && j0 + Shape::column(k / 2, k % 2) < count && image[k] != mine;
        const float f = kUnsigned ? unsigned_value(similarity, s) : s;
        const float e = counts ? exp2f(nt_xent::exponent(f, 1.0f, scale)) : 0.0f;
        sum += e;
        down[k] += e;
      }
      rows[m][half] += static_cast<double>(sum);
    }
  }
  if (i0 == j0) return;  // the whole block
  const int warp_row = Shape::warp_row() / (Shape::kM * 16);
#pragma unroll
  for (int k = 0; k < 2 * Shape::kN; ++k) {
#pragma unroll
    for (int lanes = 4; lanes <= 16; lanes *= 2) down[k] += __shfl_xor_sync(tile::kAllLanes, down[k], lanes);
    if (tile::lane_of_warp() < 4) halves[warp_row * Shape::kColumns + Shape::column(k / 2, k % 2)] = down[k];
  }
  __syncthreads();  // a column is finished by one thread, from all warps that share it
  for (int c = static_cast<int>(threadIdx.x); c < Shape::kColumns && j0 + c < count; c += kGramThreads) {
    float sum = halves[c];
    for (int w = 1; w < Shape::kRows / (Shape::kM * 16); ++w) sum += halves[w * Shape::kColumns + c];
    across[j0 + c] = sum;
  }
  __syncthreads();  // the next tile overwrites halves
}

// Row tiles band + blockIdx.x; a block has `tiles` tiles from the diagonal on. along (splits, rows of the band), across
// (row tiles of the band, rows).
template <typename Shape, bool kUnsigned>
__global__ void __launch_bounds__(kGramThreads) symmetric_sums(Operand<typename Shape::Mode> x, int stride, Pairs pairs,
    float scale, int similarity, int band, int tiles, double* __restrict__ along, float* __restrict__ across) {
  static_assert(Shape::kRows == Shape::kColumns, "tiles of the diagonal are square");
  tile::SharedMemory memory;
  const auto stream_memory = memory.take<typename Shape::Element>(stream_elements<Shape>(x.width));
  const auto halves = memory.take<float>(Shape::kRows / (Shape::kM * 16) * Shape::kColumns);
  const auto sums = memory.take<double>(Shape::kWarpColumns * Shape::kRows);
  const int count = static_cast<int>(x.count);
  const int all = (count + Shape::kRows - 1) / Shape::kRows;
  const int row_tile = band + static_cast<int>(blockIdx.x);
  const int first = row_tile + static_cast<int>(blockIdx.y) * tiles;
  if (first >= all) return;  // the whole block: rows near the end have few tiles
  const int end = first + tiles < all ? first + tiles : all;
  const int i0 = row_tile * Shape::kRows;
  double rows[Shape::kM][2] = {};
  across += static_cast<int64_t>(blockIdx.x) * x.count;
  TileStream<Shape> stream(stream_memory, stride, x, i0, x, first, end);
#pragma unroll 1
  for (int tile = first; tile < end; ++tile) {
    typename Shape::Sums s;
    stream.multiply(s);
    add_symmetric_tile<Shape, kUnsigned>(
        rows, s, i0, tile * Shape::kColumns, count, pairs, scale, similarity, halves, across);
  }

  const int warp_column = Shape::warp_column() / (Shape::kN * 8);
#pragma unroll
  for (int k = 0; k < 2 * Shape::kM; ++k) {
    const double row = tile::quad_sum(rows[k / 2][k % 2]);
    if (tile::lane_of_warp() % 4 == 0) sums[warp_column * Shape::kRows + Shape::row(k / 2, 2 * (k % 2))] = row;
  }
  __syncthreads();  // a row is finished by one thread, from all warps that share it
  along += (static_cast<int64_t>(blockIdx.y) * gridDim.x + blockIdx.x) * Shape::kRows;
  for (int r = static_cast<int>(threadIdx.x); r < Shape::kRows; r += kGramThreads) {
    double row = sums[r];
    for (int w = 1; w < Shape::kWarpColumns; ++w) row += static_cast<double>(sums[w * Shape::kRows + r]);
    along[r] = row;
  }
}

// A band of row tiles that was summed, of height rows each.
struct Band {
  int first, count;     // row tiles
  int height;
  int tiles;            // columns of tiles in each split but the last
  const double* along;  // (splits, count, height)
  const float* across;  // (count, rows)
};

// total (rows) with what the band adds to each row.
void merge_band(gramian_context* context, int64_t rows, const Band& band, ExponentialSum* total);

// The sums of all rows, in one split; across_bytes for tests of several bands.
template <typename Mode, bool kUnsigned>
ExponentialSums symmetric_sums_of(gramian_context* context, const char* name, const Operand<Mode>& x,
    const SoftmaxTerms& terms, int64_t across_bytes = kAcrossBytes) {
  using Shape = TileShape<Mode, 4, 4, 2>;  // 128 x 128, a warp 64 x 32
  check_counts(x.count, x.count);
  const int all = static_cast<int>(blocks_of(x.count, Shape::kRows));
  const int64_t rows_of_across = across_bytes / (4 * (x.count > 0 ? x.count : 1));
  const int height = static_cast<int>(rows_of_across < 1 ? 1 : rows_of_across < all ? rows_of_across : all);
  ExponentialSum* total = context->scratch<ExponentialSum>(x.count);
  float* across = context->scratch<float>(height * x.count);
  const int stride = kept_stride<Shape>(x.width);
  const size_t bytes = tile::shared_bytes<typename Mode::Element>(stream_elements<Shape>(x.width)) +
                       tile::shared_bytes<float>(Shape::kRows / (Shape::kM * 16) * Shape::kColumns) +
                       tile::shared_bytes<double>(Shape::kWarpColumns * Shape::kRows);
  for (int band = 0; band < all; band += height) {
    const int in_band = all - band < height ? all - band : height;
    const int64_t tall = in_band;
    const int64_t triangle = tall * (all - band) - tall * (tall - 1) / 2;
    const int tiles = static_cast<int>((triangle + kWantedBlocks - 1) / kWantedBlocks);
    const int splits = (all - band + tiles - 1) / tiles;
    double* along = context->scratch<double>(static_cast<int64_t>(splits) * in_band * Shape::kRows);
    launch(context->stream,
        {name, dim3(static_cast<unsigned>(in_band), static_cast<unsigned>(splits)), kGramThreads, bytes},
        symmetric_sums<Shape, kUnsigned>, x, stride, terms.pairs, terms.scale, terms.similarity, band, tiles, along,
        across);
    merge_band(context, x.count, {band, in_band, Shape::kRows, tiles, along, across}, total);
  }
  return {total, 1};
}

}  // namespace gramian
