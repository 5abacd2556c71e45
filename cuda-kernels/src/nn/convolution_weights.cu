// Gradient dweights (k,kernel_h,kernel_w,c) of a convolution, from x and dy: a small product whose k is every output
// pixel of the batch. Its left side are the patches of x, gathered on the way (nn/windows.h); both sides are read row
// by row as they lie, one row a pixel. 2 n oh ow k kernel_h kernel_w c FLOP; the pixels are cut into parts by the sizes
// alone, and the parts are added in their order.
#include "gramian/network.h"

#include "gram/packed.h"
#include "gram/precisions.h"
#include "gramian/bfloat16.h"
#include "nn/convolution.h"

namespace gramian {
namespace {

// Fewer chunks than this and a block is over before it has begun.
constexpr int kLeastChunks = 8;

// Blocks (tiles, splits of `each` chunks); partial (splits,k,taps,c). The rows of a tile are positions of a row of
// weights, as wide as packed pixels are.
template <typename Shape>
__global__ void __launch_bounds__(kGramThreads) convolve_patches(Windows windows,
    const typename Shape::Element* __restrict__ source, Operand<typename Shape::Mode> dy, int column_tiles, int chunks,
    int each, int taps, int c, int k, float* __restrict__ partial) {
  constexpr int kWide = tile::kElementsIn16Bytes<typename Shape::Mode>;
  tile::SharedMemory memory;
  const auto stages = memory.take<typename Shape::Element>(Shape::kStages * Shape::kStage);
  const int tile = static_cast<int>(blockIdx.x);
  const int i0 = tile / column_tiles * Shape::kRows;
  const int j0 = tile % column_tiles * Shape::kColumns;
  const int first = static_cast<int>(blockIdx.y) * each;
  const int left = chunks - first;
  typename Shape::Sums sums;
  multiply_fed<Shape>(
      sums, stages, PatchFeed<Shape>(windows, source, dy, i0, j0), first, left < each ? left : each);
  const int64_t row = static_cast<int64_t>(taps) * c;
  partial += blockIdx.y * row * k;
#pragma unroll
  for (int m = 0; m < Shape::kM; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int i = i0 + Shape::row(m, 2 * half);
      const int tap = windows.groups.quotient(i / kWide);
      const int channel = i - tap * windows.groups.value() * kWide;
      if (tap >= taps || channel >= c) continue;
#pragma unroll
      for (int n = 0; n < 2 * Shape::kN; ++n) {
        const int j = j0 + Shape::column(n / 2, n % 2);
        if (j >= k) continue;
        partial[j * row + static_cast<int64_t>(tap) * c + channel] = sums.value[m][n / 2][2 * half + n % 2];
      }
    }
  }
}

template <typename Shape, typename Element>
void launch_patches(
    gramian_context* context, const Convolution& of, const Element* x, const Element* dy, float* dweights) {
  using Mode = typename Shape::Mode;
  const Operand<Mode> source = pack_rows<Mode>(context, of.inputs(), of.c, x);
  const Operand<Mode> gradient = pack_rows<Mode>(context, of.outputs(), of.k, dy);
  const int64_t column_tiles = blocks_of(of.k, Shape::kColumns);
  const int64_t tiles = blocks_of(of.taps() * source.width, Shape::kRows) * column_tiles;
  if (tiles > 0x7fffffff) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "convolution: more than 2^31 - 1 tiles of weights");
  const auto chunks = static_cast<int>((of.outputs() + Mode::kChunk - 1) / Mode::kChunk);
  const Splits cut = split_columns(tiles, (chunks + kLeastChunks - 1) / kLeastChunks, 1);
  const int64_t size = of.k * of.taps() * of.c;
  float* partial = cut.count == 1 ? dweights : context->scratch<float>(cut.count * size);
  launch(context->stream,
      {"convolution_weights", dim3(static_cast<unsigned>(tiles), static_cast<unsigned>(cut.count)), kGramThreads,
          kStageBytes<Shape>},
      convolve_patches<Shape>, forward_windows<Mode>(of, source.width), source.rows, gradient,
      static_cast<int>(column_tiles), chunks, cut.tiles * kLeastChunks, static_cast<int>(of.taps()),
      static_cast<int>(of.c), static_cast<int>(of.k), partial);
  if (cut.count > 1) add_splits(context, "convolution_weights_add", cut.count, size, partial, 1, 0, dweights);
}

template <typename Mode, typename Element>
void backward_weights(
    gramian_context* context, const Convolution& of, const Element* x, const Element* dy, float* dweights) {
  if (of.k <= NarrowShape<Mode>::kColumns) {
    launch_patches<NarrowShape<Mode>>(context, of, x, dy, dweights);
  } else {
    launch_patches<WideShape<Mode>>(context, of, x, dy, dweights);
  }
}

}  // namespace
}  // namespace gramian

gramian_status gramian_convolution_backward_weights(gramian_context* context, int64_t n, int64_t h, int64_t w,
    int64_t c, int64_t k, int64_t kernel_h, int64_t kernel_w, int64_t stride, int64_t padding, const float* x,
    const float* dy, float* dweights) {
  using namespace gramian;
  return guarded([&] {
    const Convolution of = {n, h, w, c, k, kernel_h, kernel_w, stride, padding};
    check_sizes(of);
    context->begin();
    with_precision(context, [&](auto mode) { backward_weights<decltype(mode)>(context, of, x, dy, dweights); });
  });
}

gramian_status gramian_convolution_backward_weights_bf16(gramian_context* context, int64_t n, int64_t h, int64_t w,
    int64_t c, int64_t k, int64_t kernel_h, int64_t kernel_w, int64_t stride, int64_t padding, const uint16_t* x,
    const uint16_t* dy, float* dweights) {
  using namespace gramian;
  return guarded([&] {
    const Convolution of = {n, h, w, c, k, kernel_h, kernel_w, stride, padding};
    check_sizes(of);
    context->begin();
    backward_weights<tile::Bfloat16>(context, of, x, dy, dweights);
  });
}
