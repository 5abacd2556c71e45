#include "gram/product.h"

#include "gram/splits.h"
#include "gram/tile_product.h"
#include "gram/triangle.h"

namespace gramian {
namespace {

template <typename Mode>
using ProductShape = TileShape<Mode, 4, 4, 2>;  // 128 x 128, a warp 64 x 32

// Fewer chunks than this and a block is over before it has begun.
constexpr int kLeastChunks = 4;

// blockIdx.z is split and batch entry. kTriangle: x is y, and blockIdx.x a tile of the upper triangle.
template <typename Mode, bool kTriangle>
__global__ void __launch_bounds__(kGramThreads)
    multiply(Operand<Mode> x, Operand<Mode> y, int splits, int chunks, float* __restrict__ partial) {
  using Shape = ProductShape<Mode>;
  tile::SharedMemory memory;
  const auto stages = memory.take<typename Mode::Element>(Shape::kStages * Shape::kStage);
  const TilePair at = kTriangle ? triangle_tile(blockIdx.x)
                                : TilePair{static_cast<int>(blockIdx.x), static_cast<int>(blockIdx.y)};
  const int64_t i0 = static_cast<int64_t>(at.row) * Shape::kRows;
  const int64_t j0 = static_cast<int64_t>(at.column) * Shape::kColumns;
  const int64_t entry = blockIdx.z / static_cast<unsigned>(splits);
  const int first = static_cast<int>(blockIdx.z) % splits * chunks;
  x.rows += entry * x.count * x.width;
  if (kTriangle) {
    y = x;  // one pointer less to keep: the others fill the registers
  } else {
    y.rows += entry * y.count * y.width;
  }
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

namespace {

// tiles: of one batch entry.
template <typename Mode, bool kTriangle>
Product launch_product(gramian_context* context, const char* name, const Operand<Mode>& x, const Operand<Mode>& y,
    int64_t batch, dim3 tiles) {
  using Shape = ProductShape<Mode>;
  const int64_t groups = (x.width / Mode::kChunk + kLeastChunks - 1) / kLeastChunks;
  const Splits splits = split_columns(batch * tiles.x * tiles.y, groups, 1);
  float* partial = context->scratch<float>(batch * splits.count * x.count * y.count);
  tiles.z = static_cast<unsigned>(batch * splits.count);
  launch(context->stream,
      {name, tiles, kGramThreads, tile::shared_bytes<typename Mode::Element>(Shape::kStages * Shape::kStage)},
      multiply<Mode, kTriangle>, x, y, splits.count, splits.tiles * kLeastChunks, partial);
  return {partial, x.count, y.count, splits.count};
}

unsigned tiles_of(int64_t count, int64_t each) { return static_cast<unsigned>((count + each - 1) / each); }

}  // namespace

template <typename Mode>
Product product(
    gramian_context* context, const char* name, const Operand<Mode>& x, const Operand<Mode>& y, int64_t batch) {
  using Shape = ProductShape<Mode>;
  const dim3 tiles(tiles_of(x.count, Shape::kRows), tiles_of(y.count, Shape::kColumns));
  return launch_product<Mode, false>(context, name, x, y, batch, tiles);
}

template <typename Mode>
Product gram(gramian_context* context, const char* name, const Operand<Mode>& x, int64_t batch) {
  using Shape = ProductShape<Mode>;
  static_assert(Shape::kRows == Shape::kColumns, "the triangle has square tiles");
  const dim3 tiles(static_cast<unsigned>(triangle_tiles(tiles_of(x.count, Shape::kRows))));
  return launch_product<Mode, true>(context, name, x, x, batch, tiles);
}

#define GRAMIAN_PRODUCTS(Mode)                                                                       \
  template Product product<Mode>(                                                                    \
      gramian_context*, const char*, const Operand<Mode>&, const Operand<Mode>&, int64_t);           \
  template Product gram<Mode>(gramian_context*, const char*, const Operand<Mode>&, int64_t);
GRAMIAN_PRODUCTS(tile::Float32)
GRAMIAN_PRODUCTS(tile::Tf32)
GRAMIAN_PRODUCTS(tile::Bfloat16)

}  // namespace gramian
