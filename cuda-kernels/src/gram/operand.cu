#include "gram/operand.h"

#include "tile/element.h"
#include "tile/load.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;
constexpr int kTile = 32;  // of the transposition; 8 rows of threads

// target (count, width) = x (count, d), zeros behind; one element per thread and stride.
template <typename Mode>
__global__ void __launch_bounds__(kThreads)
    lay_out_rows(int64_t count, int64_t d, const float* __restrict__ x, int64_t ld, int64_t width,
        typename Mode::Element* __restrict__ target) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < count * width; i += stride) {
    const int64_t column = i % width;
    target[i] = tile::rounded<Mode>(column < d ? x[i / width * ld + column] : 0.0f);
  }
}

// target (d, width) = x (count, d) transposed, zeros behind: a tile of 32 x 32 through shared memory, so that both
// sides are read and written along their rows. 33 floats a row: a column of the tile then lies in 32 different banks.
// The tiles count in x, which alone has room for those of any matrix.
template <typename Mode, typename Source>
__global__ void __launch_bounds__(kThreads)
    lay_out_columns(int64_t count, int64_t d, const Source* __restrict__ x, int64_t ld, int64_t width,
        typename Mode::Element* __restrict__ target) {
  tile::SharedMemory memory;
  tile::Shared<float> staged = memory.take<float>(kTile * (kTile + 1));
  x += blockIdx.z * count * ld;
  target += blockIdx.z * d * width;
  const int lane = static_cast<int>(threadIdx.x % kTile);
  const auto row_tiles = static_cast<unsigned>(width / kTile);
  const int64_t row0 = static_cast<int64_t>(blockIdx.x % row_tiles) * kTile;  // of x
  const int64_t column0 = static_cast<int64_t>(blockIdx.x / row_tiles) * kTile;
  for (int r = static_cast<int>(threadIdx.x / kTile); r < kTile; r += kThreads / kTile) {
    const bool inside = row0 + r < count && column0 + lane < d;
    staged[r * (kTile + 1) + lane] = inside ? tile::widened(x[(row0 + r) * ld + column0 + lane]) : 0.0f;
  }
  __syncthreads();  // each thread goes on with what others staged
  for (int r = static_cast<int>(threadIdx.x / kTile); r < kTile; r += kThreads / kTile) {
    if (column0 + r < d && row0 + lane < width) {
      target[(column0 + r) * width + row0 + lane] = tile::rounded<Mode>(staged[lane * (kTile + 1) + r]);
    }
  }
}

template <typename Mode>
void copy_rows(gramian_context* context, int64_t count, int64_t d, const float* x, int64_t ld,
    typename Mode::Element* target) {
  const int64_t width = padded_width(d);
  const int64_t blocks = (count * width + kThreads - 1) / kThreads;
  launch(context->stream, {"lay_out_rows", static_cast<unsigned>(blocks < 4096 ? blocks : 4096), kThreads},
      lay_out_rows<Mode>, count, d, x, ld, width, target);
}

}  // namespace

template <typename Mode>
Operand<Mode> lay_out(gramian_context* context, int64_t count, int64_t d, const float* x, int64_t ld) {
  const int64_t width = padded_width(d);
  if constexpr (std::is_same_v<Mode, tile::Float32>) {
    // cp.async wants 16 bytes; a view into a tensor may start anywhere
    if (ld == width && reinterpret_cast<uintptr_t>(x) % 16 == 0) return {x, count, width};
  }
  auto* target = context->scratch<typename Mode::Element>(count * width);
  copy_rows<Mode>(context, count, d, x, ld, target);
  return {target, count, width};
}

void pad_rows_into(gramian_context* context, int64_t count, int64_t d, const float* x, int64_t ld, float* target) {
  copy_rows<tile::Float32>(context, count, d, x, ld, target);
}

const float* pad_rows(gramian_context* context, int64_t count, int64_t d, const float* x, int64_t ld) {
  float* target = context->scratch<float>(count * padded_width(d));
  pad_rows_into(context, count, d, x, ld, target);
  return target;
}

template <typename Mode, typename Source>
Operand<Mode> lay_out_transposed(
    gramian_context* context, int64_t count, int64_t d, const Source* x, int64_t ld, int64_t batch) {
  using Element = typename Mode::Element;
  const int64_t width = padded_width(count);
  Element* target = context->scratch<Element>(batch * d * width);
  const dim3 blocks(
      static_cast<unsigned>(width / kTile * ((d + kTile - 1) / kTile)), 1, static_cast<unsigned>(batch));
  launch(context->stream,
      {"lay_out_columns", blocks, kThreads, tile::shared_bytes<float>(kTile * (kTile + 1))},
      lay_out_columns<Mode, Source>, count, d, x, ld, width, target);
  return {target, d, width};
}

#define GRAMIAN_TRANSPOSED(Mode, Source) \
  template Operand<Mode> lay_out_transposed<Mode>(gramian_context*, int64_t, int64_t, const Source*, int64_t, int64_t);
#define GRAMIAN_OPERANDS(Mode) \
  template Operand<Mode> lay_out<Mode>(gramian_context*, int64_t, int64_t, const float*, int64_t); \
  GRAMIAN_TRANSPOSED(Mode, float)
GRAMIAN_OPERANDS(tile::Float32)
GRAMIAN_OPERANDS(tile::Tf32)
GRAMIAN_OPERANDS(tile::Bfloat16)
GRAMIAN_TRANSPOSED(tile::Bfloat16, uint16_t)

}  // namespace gramian
