#include "gram/product.h"

#include "gram/splits.h"
#include "gram/tile_product.h"

namespace gramian {
namespace {

template <typename Mode>
using ProductShape = TileShape<Mode, 4, 4, 2>;  // 128 x 128, a warp 64 x 32

// Fewer chunks than this and a block is over before it has begun.
constexpr int kLeastChunks = 4;

template <typename Mode>
__global__ void __launch_bounds__(kGramThreads)
    multiply(Operand<Mode> x, Operand<Mode> y, int splits, int chunks, float* __restrict__ partial) {
  using Shape = ProductShape<Mode>;
  tile::SharedMemory memory;
  const auto stages = memory.take<typename Mode::Element>(Shape::kStages * Shape::kStage);
  const int64_t i0 = static_cast<int64_t>(blockIdx.x) * Shape::kRows;
  const int64_t j0 = static_cast<int64_t>(blockIdx.y) * Shape::kColumns;
  const int64_t entry = blockIdx.z / static_cast<unsigned>(splits);
  const int first = static_cast<int>(blockIdx.z) % splits * chunks;
  x.rows += entry * x.count * x.width;
  y.rows += entry * y.count * y.width;
  const int left = static_cast<int>(x.width / Mode::kChunk) - first;
  typename Shape::Sums sums;
  multiply_chunks<Shape>(sums, stages, x, i0, y, j0, first, left < chunks ? left : chunks);
  float* target = partial + static_cast<int64_t>(blockIdx.z) * x.count * y.count;
#pragma unroll
  for (int m = 0; m < Shape::kM; ++m) {
#pragma unroll
    for (int k = 0; k < 4 * Shape::kN; ++k) {
      const int64_t i = i0 + Shape::row(m, k % 4);
      const int64_t j = j0 + Shape::column(k / 4, k % 4);
      if (i < x.count && j < y.count) target[i * y.count + j] = sums.value[m][k / 4][k % 4];
    }
  }
}

}  // namespace

template <typename Mode>
Product product(
    gramian_context* context, const char* name, const Operand<Mode>& x, const Operand<Mode>& y, int64_t batch) {
  using Shape = ProductShape<Mode>;
  const int64_t row_tiles = (x.count + Shape::kRows - 1) / Shape::kRows;
  const int64_t column_tiles = (y.count + Shape::kColumns - 1) / Shape::kColumns;
  const int64_t groups = (x.width / Mode::kChunk + kLeastChunks - 1) / kLeastChunks;
  const Splits splits = split_columns(batch * row_tiles * column_tiles, groups, 1);
  float* partial = context->scratch<float>(batch * splits.count * x.count * y.count);
  launch(context->stream,
      {name,
          dim3(static_cast<unsigned>(row_tiles), static_cast<unsigned>(column_tiles),
              static_cast<unsigned>(batch * splits.count)),
          kGramThreads, tile::shared_bytes<typename Mode::Element>(Shape::kStages * Shape::kStage)},
      multiply<Mode>, x, y, splits.count, splits.tiles * kLeastChunks, partial);
  return {partial, x.count, y.count, splits.count};
}

template Product product<tile::Float32>(
    gramian_context*, const char*, const Operand<tile::Float32>&, const Operand<tile::Float32>&, int64_t);
template Product product<tile::Tf32>(
    gramian_context*, const char*, const Operand<tile::Tf32>&, const Operand<tile::Tf32>&, int64_t);
template Product product<tile::Bfloat16>(
    gramian_context*, const char*, const Operand<tile::Bfloat16>&, const Operand<tile::Bfloat16>&, int64_t);

}  // namespace gramian
