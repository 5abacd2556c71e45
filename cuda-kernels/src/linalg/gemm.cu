// c (m,n) = alpha op(a) op(b) + beta c, 2 m n k FLOP, in the precision of the context: operands rounded once, sums in
// float32; a and b in bfloat16 are operands of bfloat16, c is then bfloat16 or float32.
//
// Both operands have their rows either along k or across it: then memory is read as it lies, and laid out only to be
// rounded or aligned. Where the two differ, the smaller one is transposed on the way.
//   b transposed, a not     rows along k              y = x W^T, the forward pass of a dense layer
//   a transposed, b not     rows across k             dW = dy^T x, whose k is the batch
//   neither                 the smaller of the two    dx = dy W
// k is cut where there are fewer tiles of c than the device can hold, by the sizes alone, and the parts are added in
// their order.
#include "gramian/bfloat16.h"
#include "gramian/linear_algebra.h"

#include "gram/fed_product.h"
#include "gram/packed.h"
#include "gram/precisions.h"
#include "gram/splits.h"
#include "tile/element.h"

namespace gramian {
namespace {

template <typename Mode>
using WideTile = TileShape<Mode, 4, 4, 2>;  // 128 x 128, a warp 64 x 32
template <typename Mode>
using SmallTile = TileShape<Mode, 2, 2, 2>;  // 64 x 64, a warp 32 x 16: where it holds all of c

// Fewer chunks than this and a block is over before it has begun.
constexpr int kLeastChunks = 4;

template <typename Source, typename Target>
struct Gemm {
  int64_t m, n, k;
  float alpha;
  const Source* a;
  const Source* b;
  float beta;
  Target* c;
};

// Blocks (tiles row by row, splits of `each` chunks). c, with splits (splits, m, n), receives alpha sum + beta c.
template <typename Shape, template <typename> class Feed, typename Target>
__global__ void __launch_bounds__(kGramThreads) multiply_matrices(Operand<typename Shape::Mode> x,
    Operand<typename Shape::Mode> y, int m, int n, int column_tiles, int chunks, int each, float alpha, float beta,
    Target* __restrict__ c) {
  tile::SharedMemory memory;
  const auto stages = memory.take<typename Shape::Element>(Shape::kStages * Shape::kStage);
  const int tile = static_cast<int>(blockIdx.x);
  const int i0 = tile / column_tiles * Shape::kRows;
  const int j0 = tile % column_tiles * Shape::kColumns;
  const int first = static_cast<int>(blockIdx.y) * each;
  const int left = chunks - first;
  typename Shape::Sums sums;
  multiply_fed<Shape>(sums, stages, Feed<Shape>{x, i0, y, j0}, first, left < each ? left : each);
#pragma unroll
  for (int t = 0; t < Shape::kM; ++t) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int i = i0 + Shape::row(t, 2 * half);
      if (i >= m) continue;
      Target* row = c + (static_cast<int64_t>(blockIdx.y) * m + i) * n;
#pragma unroll
      for (int k = 0; k < Shape::kN; ++k) {
        const int j = j0 + Shape::column(k, 0);
        if (j >= n) continue;
        const bool both = j + 1 < n;
        float sum = alpha * sums.value[t][k][2 * half];
        float next = alpha * sums.value[t][k][2 * half + 1];
        if (beta != 0) {
          sum += beta * tile::widened(row[j]);
          if (both) next += beta * tile::widened(row[j + 1]);
        }
        tile::put2(row + j, sum, next, both);
      }
    }
  }
}

// Into c, or a float32 part of it for each split.
template <typename Shape, template <typename> class Feed, typename Target>
void launch_parts(gramian_context* context, int64_t m, int64_t n, const Operand<typename Shape::Mode>& x,
    const Operand<typename Shape::Mode>& y, const Splits& cut, int chunks, float alpha, float beta, Target* c) {
  const int64_t column_tiles = blocks_of(n, Shape::kColumns);
  const int64_t tiles = blocks_of(m, Shape::kRows) * column_tiles;
  const int each = cut.count == 1 ? chunks : cut.tiles * kLeastChunks;
  launch(context->stream,
      {"gemm", dim3(static_cast<unsigned>(tiles), static_cast<unsigned>(cut.count)), kGramThreads,
          tile::shared_bytes<typename Shape::Element>(Shape::kStages * Shape::kStage)},
      multiply_matrices<Shape, Feed, Target>, x, y, static_cast<int>(m), static_cast<int>(n),
      static_cast<int>(column_tiles), chunks, each, alpha, beta, c);
}

template <typename Shape, template <typename> class Feed, typename Source, typename Target>
void launch_tiles(gramian_context* context, const Gemm<Source, Target>& of, const Operand<typename Shape::Mode>& x,
    const Operand<typename Shape::Mode>& y) {
  using Mode = typename Shape::Mode;
  const int64_t tiles = blocks_of(of.m, Shape::kRows) * blocks_of(of.n, Shape::kColumns);
  if (tiles > 0x7fffffff) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "gemm: more than 2^31 - 1 tiles of 128 x 128");
  const int chunks = static_cast<int>((of.k + Mode::kChunk - 1) / Mode::kChunk);
  const Splits cut = split_columns(tiles, (chunks + kLeastChunks - 1) / kLeastChunks, 1);
  if (cut.count == 1) {
    launch_parts<Shape, Feed>(context, of.m, of.n, x, y, cut, chunks, of.alpha, of.beta, of.c);
    return;
  }
  float* parts = context->scratch<float>(cut.count * of.m * of.n);
  launch_parts<Shape, Feed>(context, of.m, of.n, x, y, cut, chunks, 1, 0, parts);
  add_splits(context, "gemm_add", cut.count, of.m * of.n, parts, of.alpha, of.beta, of.c);
}

template <template <typename> class Feed, typename Mode, typename Source, typename Target>
void launch_gemm(
    gramian_context* context, const Gemm<Source, Target>& of, const Operand<Mode>& x, const Operand<Mode>& y) {
  if (of.m <= SmallTile<Mode>::kRows && of.n <= SmallTile<Mode>::kColumns) {
    launch_tiles<SmallTile<Mode>, Feed>(context, of, x, y);
  } else {
    launch_tiles<WideTile<Mode>, Feed>(context, of, x, y);
  }
}

// Operands by the four ways in which a and b lie; turning means lay_out_transposed.
template <typename Mode, typename Source, typename Target>
void gemm(gramian_context* context, bool transpose_a, bool transpose_b, const Gemm<Source, Target>& of) {
  const auto along = [&](bool stored_so, int64_t count, const Source* x) {
    return stored_so ? pack_rows<Mode>(context, count, of.k, x)
                     : lay_out_transposed<Mode>(context, of.k, count, x, count);
  };
  const auto across = [&](bool stored_so, int64_t count, const Source* x) {
    return stored_so ? pack_rows<Mode>(context, of.k, count, x)
                     : lay_out_transposed<Mode>(context, count, of.k, x, of.k);
  };
  const bool rows = transpose_a != transpose_b ? transpose_b : transpose_a ? of.m <= of.n : of.n <= of.m;
  if (rows) {
    const Operand<Mode> x = along(!transpose_a, of.m, of.a);
    const Operand<Mode> y = along(transpose_b, of.n, of.b);
    launch_gemm<RowFeed>(context, of, x, y);
  } else {
    const Operand<Mode> x = across(transpose_a, of.m, of.a);
    const Operand<Mode> y = across(!transpose_b, of.n, of.b);
    launch_gemm<TurnedFeed>(context, of, x, y);
  }
}

// In the precision of the context; in bfloat16 where a and b are.
template <typename Source, typename Target>
void checked_gemm(gramian_context* context, bool transpose_a, bool transpose_b, Gemm<Source, Target> of) {
  check_counts(of.m, of.n);
  check_counts(of.k, 0);
  if (of.m == 0 || of.n == 0) return;
  context->begin();
  // as BLAS has it: with alpha 0 a and b do not count, without a k alpha does not
  if (of.alpha == 0) of.k = 0;
  if (of.k == 0) of.alpha = 0;
  if constexpr (std::is_same_v<Source, uint16_t>) {
    gemm<tile::Bfloat16>(context, transpose_a, transpose_b, of);
  } else {
    with_precision(context, [&](auto mode) { gemm<decltype(mode)>(context, transpose_a, transpose_b, of); });
  }
}

}  // namespace
}  // namespace gramian

gramian_status gramian_gemm(gramian_context* context, int32_t transpose_a, int32_t transpose_b, int64_t m, int64_t n,
    int64_t k, float alpha, const float* a, const float* b, float beta, float* c) {
  using namespace gramian;
  return guarded([&] {
    checked_gemm<float, float>(context, transpose_a != 0, transpose_b != 0, {m, n, k, alpha, a, b, beta, c});
  });
}

gramian_status gramian_gemm_bf16(gramian_context* context, int32_t transpose_a, int32_t transpose_b, int64_t m,
    int64_t n, int64_t k, float alpha, const uint16_t* a, const uint16_t* b, float beta, uint16_t* c) {
  using namespace gramian;
  return guarded([&] {
    checked_gemm<uint16_t, uint16_t>(context, transpose_a != 0, transpose_b != 0, {m, n, k, alpha, a, b, beta, c});
  });
}

gramian_status gramian_gemm_wide_bf16(gramian_context* context, int32_t transpose_a, int32_t transpose_b, int64_t m,
    int64_t n, int64_t k, float alpha, const uint16_t* a, const uint16_t* b, float beta, float* c) {
  using namespace gramian;
  return guarded([&] {
    checked_gemm<uint16_t, float>(context, transpose_a != 0, transpose_b != 0, {m, n, k, alpha, a, b, beta, c});
  });
}
