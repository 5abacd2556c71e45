// Products in float64, element by element through functors: C_ij = sum_k left(i, k) right(j, k) for each entry of a
// batch. Left and right say where a number comes from (a float32 matrix that is centred on the way, a transposed one),
// store what becomes of the sum. 2 rows columns inner FLOP for an entry, half of it when only the lower triangle is
// wanted; 64 x 64 elements a block, 4 x 4 a thread, 16 summands of both sides at a time in shared memory.
#pragma once

#include "core/context.h"
#include "gram/splits.h"
#include "tile/shared.h"

namespace gramian {
namespace wide {

constexpr int kThreads = 256;
constexpr int kTile = 64;
constexpr int kDepth = 16;
constexpr int kStride = kTile + 1;  // a column of the stage then lies in different banks
constexpr int kSide = kTile / 16;   // elements of a thread along each side

struct Extent {
  int64_t entries, rows, columns, inner;
  bool lower;  // only j <= i
};

// A matrix of doubles as an operand: element (i, k) at [i width + k], or [k width + i] when it is read transposed.
template <bool kTransposed>
struct Matrix {
  static constexpr bool kAlongInner = !kTransposed;  // whether neighbours along k lie together
  const double* values;
  int64_t size, width;
  __device__ __forceinline__ double at(int64_t entry, int64_t i, int64_t k) const {
    return values[entry * size + (kTransposed ? k * width + i : i * width + k)];
  }
};

// The parts of a long sum, one behind the other.
struct Partials {
  double* values;
  int64_t rows, columns;
  __device__ __forceinline__ void operator()(int64_t entry, int64_t i, int64_t j, double sum) const {
    values[(entry * rows + i) * columns + j] = sum;
  }
};

// Stage (kDepth, kStride) = elements [i0, i0 + kTile) x [k0, k0 + kDepth), zeros outside.
template <typename Operand>
__device__ __forceinline__ void stage(tile::Shared<double> target, const Operand& operand, int64_t entry, int64_t i0,
    int64_t rows, int64_t k0, int64_t end) {
  const int t = static_cast<int>(threadIdx.x);
#pragma unroll
  for (int q = 0; q < kTile * kDepth / kThreads; ++q) {
    const int k = Operand::kAlongInner ? t % kDepth : t / kTile + q * (kThreads / kTile);
    const int i = Operand::kAlongInner ? t / kDepth + q * (kThreads / kDepth) : t % kTile;
    const bool inside = i0 + i < rows && k0 + k < end;
    target[k * kStride + i] = inside ? operand.at(entry, i0 + i, k0 + k) : 0.0;
  }
}

// Blocks: ((entry, split), row tile, column tile) in one index.
template <typename Left, typename Right, typename Store>
__global__ void __launch_bounds__(kThreads)
    multiply(Extent of, Left left, Right right, int splits, int64_t length, Store store) {
  tile::SharedMemory memory;
  const auto a = memory.take<double>(kDepth * kStride);
  const auto b = memory.take<double>(kDepth * kStride);
  const int64_t row_tiles = (of.rows + kTile - 1) / kTile;
  const int64_t column_tiles = (of.columns + kTile - 1) / kTile;
  const int64_t part = blockIdx.x / (row_tiles * column_tiles);
  const int64_t i0 = blockIdx.x / column_tiles % row_tiles * kTile;
  const int64_t j0 = blockIdx.x % column_tiles * kTile;
  if (of.lower && j0 > i0) return;
  const int64_t entry = part / splits;
  const int64_t from = part % splits * length;
  const int64_t end = from + length < of.inner ? from + length : of.inner;
  const int row = static_cast<int>(threadIdx.x / 16);
  const int column = static_cast<int>(threadIdx.x % 16);
  double sums[kSide][kSide] = {};
  for (int64_t k0 = from; k0 < end; k0 += kDepth) {
    stage(a, left, entry, i0, of.rows, k0, end);
    stage(b, right, entry, j0, of.columns, k0, end);
    __syncthreads();  // both stages are whole
#pragma unroll 4
    for (int k = 0; k < kDepth; ++k) {
      double x[kSide];
#pragma unroll
      for (int p = 0; p < kSide; ++p) x[p] = a[k * kStride + row + 16 * p];
#pragma unroll
      for (int q = 0; q < kSide; ++q) {
        const double y = b[k * kStride + column + 16 * q];
#pragma unroll
        for (int p = 0; p < kSide; ++p) sums[p][q] += x[p] * y;
      }
    }
    __syncthreads();  // nobody may overwrite what another still reads
  }
#pragma unroll
  for (int p = 0; p < kSide; ++p) {
#pragma unroll
    for (int q = 0; q < kSide; ++q) {
      const int64_t i = i0 + row + 16 * p;
      const int64_t j = j0 + column + 16 * q;
      if (i < of.rows && j < of.columns && (!of.lower || j <= i)) store(part, i, j, sums[p][q]);
    }
  }
}

// Adds the parts in their order.
template <typename Store>
__global__ void __launch_bounds__(kThreads) add_parts(Extent of, int splits, Partials parts, Store store) {
  const int64_t size = of.rows * of.columns;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t at = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; at < of.entries * size; at += stride) {
    const int64_t entry = at / size;
    const int64_t i = at % size / of.columns;
    const int64_t j = at % of.columns;
    if (of.lower && j > i) continue;
    double sum = 0;
    for (int s = 0; s < splits; ++s) sum += parts.values[(entry * splits + s) * size + i * of.columns + j];
    store(entry, i, j, sum);
  }
}

inline unsigned elementwise_blocks(int64_t count) {
  const int64_t blocks = (count + kThreads - 1) / kThreads;
  return static_cast<unsigned>(blocks < 4096 ? blocks : 4096);
}

// Shorter sums than this are not cut.
constexpr int64_t kLeastLength = 256;

template <typename Left, typename Right, typename Store>
void product(gramian_context* context, const char* name, const Extent& of, const Left& left, const Right& right,
    const Store& store) {
  const int64_t tiles = ((of.rows + kTile - 1) / kTile) * ((of.columns + kTile - 1) / kTile);
  const Splits cut = split_columns(of.entries * tiles, of.inner, static_cast<int>(kLeastLength));
  const int splits = cut.count < 1 ? 1 : cut.count;
  const int64_t length = splits == 1 ? of.inner : cut.tiles * kLeastLength;
  const unsigned blocks = static_cast<unsigned>(of.entries * splits * tiles);
  const Grid grid = {name, blocks, kThreads, 2 * tile::shared_bytes<double>(kDepth * kStride)};
  if (splits == 1) {
    launch(context->stream, grid, multiply<Left, Right, Store>, of, left, right, 1, length, store);
    return;
  }
  const Partials parts = {context->scratch<double>(of.entries * splits * of.rows * of.columns), of.rows, of.columns};
  launch(context->stream, grid, multiply<Left, Right, Partials>, of, left, right, splits, length, parts);
  launch(context->stream, {name, elementwise_blocks(of.entries * of.rows * of.columns), kThreads}, add_parts<Store>, of,
      splits, parts, store);
}

}  // namespace wide
}  // namespace gramian
