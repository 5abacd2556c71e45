// Convolution of x (n,h,w,c) with weights (k,kernel_h,kernel_w,c), forward and backward to x, as products of gathered
// windows with weights (nn/windows.h): 2 n oh ow k kernel_h kernel_w c FLOP each, operands in the precision of the
// context, sums in float32; of bfloat16 activations and weights, bfloat16 operands. Beside the tensors memory holds
// what pack_rows has to round or align, and the weights with their channels turned for the way back.
#include "gramian/network.h"

#include "gram/packed.h"
#include "gram/precisions.h"
#include "gramian/bfloat16.h"
#include "nn/convolution.h"
#include "tile/element.h"

namespace gramian {
namespace {

// Where window (p,q) of an image goes: to pixel (top + p step, left + q step) of (n,height,width), `channels` wide.
template <typename Element>
struct Pixels {
  Element* y;
  const float* bias;  // (channels), or null
  int height, width, channels;
  int top, left, step;
};

template <typename Shape, typename Element>
__global__ void __launch_bounds__(kGramThreads) convolve(Windows windows,
    const typename Shape::Element* __restrict__ source, TapWeights<typename Shape::Mode> weights, int column_tiles,
    int chunks, Pixels<Element> to) {
  tile::SharedMemory memory;
  const auto stages = memory.take<typename Shape::Element>(Shape::kStages * Shape::kStage);
  const int tile = static_cast<int>(blockIdx.x);
  const int i0 = tile / column_tiles * Shape::kRows;
  const int j0 = tile % column_tiles * Shape::kColumns;
  typename Shape::Sums sums;
  multiply_fed<Shape>(sums, stages, WindowFeed<Shape>(windows, source, weights, i0, j0), 0, chunks);
#pragma unroll
  for (int m = 0; m < Shape::kM; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int window = i0 + Shape::row(m, 2 * half);
      if (window >= windows.count) continue;
      const int image = windows.grid.quotient(window);
      const int p = windows.columns.quotient(window - image * windows.grid.value());
      const int q = window - image * windows.grid.value() - p * windows.columns.value();
      const int64_t row = static_cast<int64_t>(image) * to.height + to.top + p * to.step;
      Element* pixel = to.y + (row * to.width + to.left + q * to.step) * to.channels;
#pragma unroll
      for (int k = 0; k < Shape::kN; ++k) {
        const int j = j0 + Shape::column(k, 0);
        if (j >= to.channels) continue;
        const bool both = j + 1 < to.channels;
        tile::put2(pixel + j, sums.value[m][k][2 * half] + (to.bias == nullptr ? 0.0f : to.bias[j]),
            sums.value[m][k][2 * half + 1] + (to.bias == nullptr || !both ? 0.0f : to.bias[j + 1]), both);
      }
    }
  }
}

template <typename Shape, typename Element>
void launch_windows(gramian_context* context, const char* name, const Windows& windows,
    const typename Shape::Element* source, const TapWeights<typename Shape::Mode>& weights, int taps, int64_t width,
    const Pixels<Element>& to) {
  const int column_tiles = static_cast<int>(blocks_of(to.channels, Shape::kColumns));
  const int64_t tiles = static_cast<int64_t>(blocks_of(windows.count, Shape::kRows)) * column_tiles;
  if (tiles > 0x7fffffff) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "convolution: more than 2^31 - 1 tiles");
  const auto chunks = static_cast<int>((taps * width + Shape::Mode::kChunk - 1) / Shape::Mode::kChunk);
  launch(context->stream, {name, static_cast<unsigned>(tiles), kGramThreads, kStageBytes<Shape>},
      convolve<Shape, Element>, windows, source, weights, column_tiles, chunks, to);
}

// width: elements of a pixel of the source.
template <typename Mode, typename Element>
void convolve_windows(gramian_context* context, const char* name, const Windows& windows,
    const typename Mode::Element* source, const TapWeights<Mode>& weights, int taps, int64_t width,
    const Pixels<Element>& to) {
  if (to.channels <= NarrowShape<Mode>::kColumns) {
    launch_windows<NarrowShape<Mode>>(context, name, windows, source, weights, taps, width, to);
  } else {
    launch_windows<WideShape<Mode>>(context, name, windows, source, weights, taps, width, to);
  }
}

template <typename Mode, typename Element>
void forward(gramian_context* context, const Convolution& of, const Element* x, const Element* weights,
    const float* bias, Element* y) {
  const Operand<Mode> source = pack_rows<Mode>(context, of.inputs(), of.c, x);
  const Operand<Mode> taps = pack_rows<Mode>(context, of.k * of.taps(), of.c, weights);
  const TapWeights<Mode> along = {
      taps.rows, static_cast<int>(of.k), of.taps() * taps.width, 0, static_cast<int>(of.kernel_w), 1};
  const Pixels<Element> to = {
      y, bias, static_cast<int>(of.oh()), static_cast<int>(of.ow()), static_cast<int>(of.k), 0, 0, 1};
  convolve_windows<Mode>(context, "convolution", forward_windows<Mode>(of, source.width), source.rows, along,
      static_cast<int>(of.taps()), source.width, to);
}

constexpr int kTile = 32;  // of the transposition; 8 rows of threads
constexpr int kThreads = 256;

// turned (c,taps,width) = weights (k,taps,c), zeros from k on; a block turns 32 x 32 of k and c for one tap through
// shared memory. 33 floats a row: a column of the tile then lies in 32 different banks.
template <typename Mode, typename Source>
__global__ void __launch_bounds__(kThreads) turn_weights(int64_t k, int64_t taps, int64_t c,
    const Source* __restrict__ weights, int64_t width, typename Mode::Element* __restrict__ turned) {
  tile::SharedMemory memory;
  const auto staged = memory.take<float>(kTile * (kTile + 1));
  const int lane = static_cast<int>(threadIdx.x % kTile);
  const int64_t k_tiles = (width + kTile - 1) / kTile;
  const int64_t tap = blockIdx.x % taps;
  const int64_t k0 = blockIdx.x / taps % k_tiles * kTile;
  const int64_t c0 = blockIdx.x / taps / k_tiles * kTile;
  for (int r = static_cast<int>(threadIdx.x / kTile); r < kTile; r += kThreads / kTile) {
    const bool inside = k0 + r < k && c0 + lane < c;
    staged[r * (kTile + 1) + lane] = inside ? tile::widened(weights[((k0 + r) * taps + tap) * c + c0 + lane]) : 0.0f;
  }
  __syncthreads();  // each thread goes on with what others staged
  for (int r = static_cast<int>(threadIdx.x / kTile); r < kTile; r += kThreads / kTile) {
    if (c0 + r >= c || k0 + lane >= width) continue;
    turned[((c0 + r) * taps + tap) * width + k0 + lane] = tile::rounded<Mode>(staged[lane * (kTile + 1) + r]);
  }
}

// The part of one axis of dx whose pixels leave remainder `residue`: they are residue + p stride, and meet the taps
// first + t stride at output `output` + p - t.
struct Residue {
  int count, first, taps, output;
  Residue(int64_t residue, int64_t length, int64_t kernel, const Convolution& of)
      : count(residue < length ? static_cast<int>((length - residue - 1) / of.stride + 1) : 0),
        first(static_cast<int>((residue + of.padding) % of.stride)),
        taps(first < kernel ? static_cast<int>((kernel - first - 1) / of.stride + 1) : 0),
        output(static_cast<int>((residue + of.padding) / of.stride)) {}
};

template <typename Mode, typename Element>
void backward_data(
    gramian_context* context, const Convolution& of, const Element* weights, const Element* dy, Element* dx) {
  const Operand<Mode> source = pack_rows<Mode>(context, of.outputs(), of.k, dy);
  const int64_t width = source.width;
  auto* turned = context->scratch<typename Mode::Element>(of.c * of.taps() * width);
  const int64_t tiles = (width + kTile - 1) / kTile * ((of.c + kTile - 1) / kTile) * of.taps();
  launch(context->stream,
      {"turn_weights", static_cast<unsigned>(tiles), kThreads, tile::shared_bytes<float>(kTile * (kTile + 1))},
      turn_weights<Mode, Element>, of.k, of.taps(), of.c, weights, width, turned);
  const auto stride = static_cast<int>(of.stride);
  for (int row = 0; row < stride && row < of.h; ++row) {
    for (int column = 0; column < stride && column < of.w; ++column) {
      const Residue down(row, of.h, of.kernel_h, of);
      const Residue across(column, of.w, of.kernel_w, of);
      const int taps = down.taps * across.taps;
      const Windows windows = {static_cast<int>(of.oh()), static_cast<int>(of.ow()),
          static_cast<int>(of.n) * down.count * across.count, 1, -1, down.output, across.output,
          taps == 0 ? 0 : down.taps, tile::Divisor(static_cast<int64_t>(down.count) * across.count),
          tile::Divisor(across.count), tile::Divisor(across.taps == 0 ? 1 : across.taps),
          tile::Divisor(width / tile::kElementsIn16Bytes<Mode>)};
      const auto kernel_w = static_cast<int>(of.kernel_w);
      const TapWeights<Mode> along = {turned, static_cast<int>(of.c), of.taps() * width,
          down.first * kernel_w + across.first, stride * kernel_w, stride};
      const Pixels<Element> to = {dx, nullptr, static_cast<int>(of.h), static_cast<int>(of.w),
          static_cast<int>(of.c), row, column, stride};
      convolve_windows<Mode>(context, "convolution_data", windows, source.rows, along, taps, width, to);
    }
  }
}

}  // namespace
}  // namespace gramian

gramian_status gramian_convolution_forward(gramian_context* context, int64_t n, int64_t h, int64_t w, int64_t c,
    int64_t k, int64_t kernel_h, int64_t kernel_w, int64_t stride, int64_t padding, const float* x,
    const float* weights, const float* bias, float* y) {
  using namespace gramian;
  return guarded([&] {
    const Convolution of = {n, h, w, c, k, kernel_h, kernel_w, stride, padding};
    check_sizes(of);
    context->begin();
    with_precision(context, [&](auto mode) { forward<decltype(mode)>(context, of, x, weights, bias, y); });
  });
}

gramian_status gramian_convolution_backward_data(gramian_context* context, int64_t n, int64_t h, int64_t w, int64_t c,
    int64_t k, int64_t kernel_h, int64_t kernel_w, int64_t stride, int64_t padding, const float* weights,
    const float* dy, float* dx) {
  using namespace gramian;
  return guarded([&] {
    const Convolution of = {n, h, w, c, k, kernel_h, kernel_w, stride, padding};
    check_sizes(of);
    context->begin();
    with_precision(context, [&](auto mode) { backward_data<decltype(mode)>(context, of, weights, dy, dx); });
  });
}

gramian_status gramian_convolution_forward_bf16(gramian_context* context, int64_t n, int64_t h, int64_t w, int64_t c,
    int64_t k, int64_t kernel_h, int64_t kernel_w, int64_t stride, int64_t padding, const uint16_t* x,
    const uint16_t* weights, uint16_t* y) {
  using namespace gramian;
  return guarded([&] {
    const Convolution of = {n, h, w, c, k, kernel_h, kernel_w, stride, padding};
    check_sizes(of);
    context->begin();
    forward<tile::Bfloat16>(context, of, x, weights, nullptr, y);
  });
}

gramian_status gramian_convolution_backward_data_bf16(gramian_context* context, int64_t n, int64_t h, int64_t w,
    int64_t c, int64_t k, int64_t kernel_h, int64_t kernel_w, int64_t stride, int64_t padding, const uint16_t* weights,
    const uint16_t* dy, uint16_t* dx) {
  using namespace gramian;
  return guarded([&] {
    const Convolution of = {n, h, w, c, k, kernel_h, kernel_w, stride, padding};
    check_sizes(of);
    context->begin();
    backward_data<tile::Bfloat16>(context, of, weights, dy, dx);
  });
}
