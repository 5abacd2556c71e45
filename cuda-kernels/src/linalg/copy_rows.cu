// to[i to_stride + j] = from[i from_stride + j]: 8 bytes an element. Tokens into sequences and out of them. A block
// takes one row, or 1024 columns of a long one, at a time: one division for them all.
#include "core/context.h"
#include "gramian/linear_algebra.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kColumns = 4 * kThreads;  // of a block: four loads in flight for each thread
// Enough blocks to fill any device; each strides.
constexpr int64_t kMostBlocks = 4096;

__global__ void __launch_bounds__(kThreads) copy_rows(int64_t rows, int64_t columns, const float* __restrict__ from,
    int64_t from_stride, float* __restrict__ to, int64_t to_stride) {
  const int64_t parts = (columns + kColumns - 1) / kColumns;
  for (int64_t item = blockIdx.x; item < rows * parts; item += gridDim.x) {
    const int64_t row = item / parts;
    const int64_t first = (item - row * parts) * kColumns + threadIdx.x;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const int64_t j = first + k * kThreads;
      if (j < columns) to[row * to_stride + j] = from[row * from_stride + j];
    }
  }
}

}  // namespace
}  // namespace gramian

gramian_status gramian_copy_rows(gramian_context* context, int64_t rows, int64_t columns, const float* from,
    int64_t from_stride, float* to, int64_t to_stride) {
  using namespace gramian;
  return guarded([&] {
    const int64_t items = rows * ((columns + kColumns - 1) / kColumns);
    launch(context->stream,
        {"copy_rows", static_cast<unsigned>(items < kMostBlocks ? items : kMostBlocks), kThreads}, copy_rows, rows,
        columns, from, from_stride, to, to_stride);
  });
}
