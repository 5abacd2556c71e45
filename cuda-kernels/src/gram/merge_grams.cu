#include "gram/merge_grams.h"

#include "gram/triangle.h"
#include "tile/load.h"
#include "tile/reduce.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;
constexpr int kTile = 32;               // 8 rows of threads, a warp each
constexpr int kStride = kTile + 1;      // a column of the tile then lies in 32 different banks
constexpr int kWarps = kThreads / 32;

// Where a block stands, and this thread in it: entry (i0 + row, j0 + lane) for the rows warp, warp + 8, ..
struct Place {
  int64_t i0, j0;
  int lane, warp;
  __device__ __forceinline__ Place(int64_t row_tile, int64_t column_tile)
      : i0(row_tile * kTile), j0(column_tile * kTile), lane(static_cast<int>(threadIdx.x % 32)),
        warp(static_cast<int>(threadIdx.x / 32)) {}
};

// target (rows, width), from (i0, j0) on, = factor times the staged tile, whose entry (r, lane) lies at r row_step +
// lane lane_step.
template <typename Mode>
__device__ __forceinline__ void store(const Place& at, tile::Shared<float> staged, int row_step, int lane_step,
    float factor, int64_t i0, int64_t j0, int64_t rows, int64_t width, typename Mode::Element* __restrict__ target) {
  for (int r = at.warp; r < kTile; r += kWarps) {
    if (i0 + r >= rows || j0 + at.lane >= width) continue;
    const float entry = staged[r * row_step + at.lane * lane_step];
    target[(i0 + r) * width + j0 + at.lane] = tile::rounded<Mode>(factor * entry);
  }
}

// One behind the other for two matrices.
template <typename Mode>
struct Targets {
  typename Mode::Element* off_diagonal;  // null: not wanted
  float* diagonal;
  double* sums;
};

// A block per tile of the upper triangle, and per matrix unless paired. w = 2 off the diagonal tiles.
template <typename Mode, bool kPaired>
__global__ void __launch_bounds__(kThreads)
    merge_grams_kernel(Product grams, int64_t width, bool diagonal, Targets<Mode> to) {
  tile::SharedMemory memory;
  const tile::Shared<float> staged[2] = {
      memory.take<float>(kTile * kStride), memory.take<float>(kPaired ? kTile * kStride : 1)};
  const auto scratch = memory.take<double>(kWarps);
  const TilePair tiles = triangle_tile(blockIdx.x);
  const Place at(tiles.row, tiles.column);
  const int first = kPaired ? 0 : static_cast<int>(blockIdx.y);
  constexpr int kCount = kPaired ? 2 : 1;
  double sum = 0;
  for (int r = at.warp; r < kTile; r += kWarps) {
    const int64_t i = at.i0 + r;
    const int64_t j = at.j0 + at.lane;
    const bool inside = i < grams.rows && j < grams.rows;
    float k[kCount];
#pragma unroll
    for (int m = 0; m < kCount; ++m) {
      k[m] = inside ? grams.at(i, j, first + m) : 0.0f;
      staged[m][r * kStride + at.lane] = i == j ? 0.0f : k[m];
      if (inside && i == j) to.diagonal[(first + m) * grams.rows + i] = k[m];
    }
    if (i != j || diagonal) sum += static_cast<double>(k[0]) * k[kCount - 1];
  }
  sum = tile::block_sum(sum, scratch);  // its barrier also ends the staging
  const bool mirrored = tiles.row != tiles.column;
  if (threadIdx.x == 0) {
    to.sums[first * static_cast<int64_t>(gridDim.x) + blockIdx.x] = mirrored ? 2 * sum : sum;
  }
  if (to.off_diagonal == nullptr) return;  // all blocks
#pragma unroll
  for (int m = 0; m < kCount; ++m) {
    typename Mode::Element* target = to.off_diagonal + (first + m) * grams.rows * width;
    store<Mode>(at, staged[m], kStride, 1, 1, at.i0, at.j0, grams.rows, width, target);
    if (mirrored) store<Mode>(at, staged[m], 1, kStride, 1, at.j0, at.i0, grams.rows, width, target);
  }
}

// A block per tile. row_partial (column tiles, d) and column_partial (row tiles, d): sums of squares within the tile.
// rows, columns null: not wanted.
template <typename Mode>
__global__ void __launch_bounds__(kThreads) merge_cross_kernel(Product c, int64_t width, float factor,
    typename Mode::Element* __restrict__ rows, typename Mode::Element* __restrict__ columns,
    double* __restrict__ row_partial, double* __restrict__ column_partial) {
  tile::SharedMemory memory;
  const auto staged = memory.take<float>(kTile * kStride);
  const Place at(blockIdx.y, blockIdx.x);
  for (int r = at.warp; r < kTile; r += kWarps) {
    const int64_t i = at.i0 + r;
    const int64_t j = at.j0 + at.lane;
    const bool inside = i < c.rows && j < c.columns && i != j;
    const float entry = inside ? c.at(i, j) : 0.0f;
    staged[r * kStride + at.lane] = entry;
    const double square = tile::warp_sum(static_cast<double>(entry) * entry);
    if (at.lane == 0 && i < c.rows) row_partial[blockIdx.x * c.rows + i] = square;
  }
  __syncthreads();  // each thread goes on with what others staged
  for (int r = at.warp; r < kTile; r += kWarps) {
    const float staged_entry = staged[at.lane * kStride + r];
    const double entry = staged_entry;
    const double square = tile::warp_sum(entry * entry);
    if (at.lane == 0 && at.j0 + r < c.columns) column_partial[blockIdx.y * c.columns + at.j0 + r] = square;
  }
  if (rows == nullptr) return;  // all blocks
  store<Mode>(at, staged, kStride, 1, factor, at.i0, at.j0, c.rows, width, rows);
  store<Mode>(at, staged, 1, kStride, factor, at.j0, at.i0, c.columns, width, columns);
}

// to_j = sum over the tiles of partial (tiles, d), in their order. blockIdx.y: rows or columns.
__global__ void __launch_bounds__(kThreads) add_tiles(int64_t d, int64_t tiles, const double* __restrict__ rows,
    const double* __restrict__ columns, double* __restrict__ of_rows, double* __restrict__ of_columns) {
  const int64_t j = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (j >= d) return;
  const double* partial = blockIdx.y == 0 ? rows : columns;
  double sum = 0;
  for (int64_t t = 0; t < tiles; ++t) sum += partial[t * d + j];
  (blockIdx.y == 0 ? of_rows : of_columns)[j] = sum;
}

}  // namespace

template <typename Mode>
MergedGrams<Mode> merge_grams(
    gramian_context* context, const Product& grams, int count, bool paired, bool diagonal, bool operands) {
  const int64_t n = grams.rows;
  const int64_t width = padded_width(n);
  const int64_t blocks = triangle_tiles(width / kTile);
  const Targets<Mode> to = {
      operands ? context->scratch<typename Mode::Element>(count * n * width) : nullptr,
      context->scratch<float>(count * n), context->scratch<double>(count * blocks)};
  const size_t bytes = tile::shared_bytes<float>(kTile * kStride) +
                       tile::shared_bytes<float>(paired ? kTile * kStride : 1) + tile::shared_bytes<double>(kWarps);
  const dim3 grid(static_cast<unsigned>(blocks), paired ? 1 : static_cast<unsigned>(count));
  launch(context->stream, {"merge_grams", grid, kThreads, bytes},
      paired ? merge_grams_kernel<Mode, true> : merge_grams_kernel<Mode, false>, grams, width, diagonal, to);
  MergedGrams<Mode> merged = {};
  merged.blocks = blocks;
  for (int m = 0; m < count; ++m) {
    if (operands) merged.off_diagonal[m] = {to.off_diagonal + m * n * width, n, width};
    merged.diagonal[m] = to.diagonal + m * n;
    merged.sums[m] = to.sums + (paired ? 0 : m * blocks);
  }
  return merged;
}

template <typename Mode>
MergedCross<Mode> merge_cross(gramian_context* context, const Product& c, float factor, bool operands) {
  using Element = typename Mode::Element;
  const int64_t d = c.rows;
  const int64_t width = padded_width(d);
  const int64_t tiles = width / kTile;
  Element* rows = operands ? context->scratch<Element>(d * width) : nullptr;
  Element* columns = operands ? context->scratch<Element>(d * width) : nullptr;
  double* partial[2] = {context->scratch<double>(tiles * d), context->scratch<double>(tiles * d)};
  double* squares[2] = {context->scratch<double>(d), context->scratch<double>(d)};
  launch(context->stream,
      {"merge_cross", dim3(static_cast<unsigned>(tiles), static_cast<unsigned>(tiles)), kThreads,
          tile::shared_bytes<float>(kTile * kStride)},
      merge_cross_kernel<Mode>, c, width, factor, rows, columns, partial[0], partial[1]);
  launch(context->stream, {"add_tiles", dim3(static_cast<unsigned>((d + kThreads - 1) / kThreads), 2), kThreads},
      add_tiles, d, tiles, partial[0], partial[1], squares[0], squares[1]);
  return {{rows, d, width}, {columns, d, width}, squares[0], squares[1]};
}

#define GRAMIAN_MERGES(Mode)                                                                             \
  template MergedGrams<Mode> merge_grams<Mode>(gramian_context*, const Product&, int, bool, bool, bool); \
  template MergedCross<Mode> merge_cross<Mode>(gramian_context*, const Product&, float, bool);
GRAMIAN_MERGES(tile::Float32)
GRAMIAN_MERGES(tile::Tf32)
GRAMIAN_MERGES(tile::Bfloat16)

}  // namespace gramian
