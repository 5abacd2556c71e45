// to[i] = from[order[i]], or back again: rows of 4-byte elements to other places, 8 bytes an element. A block takes one
// row, or 1024 columns of a long one, at a time: one division and one read of the order for them all.
#include "core/context.h"
#include "gramian/linear_algebra.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kColumns = 4 * kThreads;  // of a block: four loads in flight for each thread
// Enough blocks to fill any device; each strides.
constexpr int64_t kMostBlocks = 4096;

__global__ void __launch_bounds__(kThreads) permute_rows(int64_t rows, int64_t columns,
    const int32_t* __restrict__ order, bool back, const float* __restrict__ from, float* __restrict__ to) {
  const int64_t parts = (columns + kColumns - 1) / kColumns;
  for (int64_t item = blockIdx.x; item < rows * parts; item += gridDim.x) {
    const int64_t row = item / parts;
    const int64_t other = order[row];
    const float* source = from + (back ? row : other) * columns;
    float* target = to + (back ? other : row) * columns;
    const int64_t first = (item - row * parts) * kColumns + threadIdx.x;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const int64_t j = first + k * kThreads;
      if (j < columns) target[j] = source[j];
    }
  }
}

}  // namespace
}  // namespace gramian

gramian_status gramian_permute_rows(gramian_context* context, int64_t rows, int64_t columns, const int32_t* order,
    int32_t back, const float* from, float* to) {
  using namespace gramian;
  return guarded([&] {
    const int64_t items = rows * ((columns + kColumns - 1) / kColumns);
    launch(context->stream,
        {"permute_rows", static_cast<unsigned>(items < kMostBlocks ? items : kMostBlocks), kThreads}, permute_rows,
        rows, columns, order, back != 0, from, to);
  });
}
