// z_i = op(x_i, y_i) over arrays of any length that begin at any address of an element, each float or bfloat16, by
// accesses of four elements, 16 or 8 bytes, where all arrays lie alike to borders of four, with the at most 3 elements
// before the first border and behind the last one by themselves; accesses of one element where they do not. z may be x
// or y, if it has its type.
#pragma once

#include <algorithm>

#include "core/context.h"
#include "tile/element.h"

namespace gramian {

constexpr int kElementwiseThreads = 256;

// kInputs 1: y is not read, and op gets 0 for it. head: elements before the first border.
template <int kInputs, typename X, typename Y, typename Z, typename Op>
__global__ void __launch_bounds__(kElementwiseThreads)
    elementwise_kernel(int64_t count, int64_t head, const X* x, const Y* y, Z* z, Op op) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kElementwiseThreads;
  const int64_t first = static_cast<int64_t>(blockIdx.x) * kElementwiseThreads + threadIdx.x;
  const int64_t quads = (count - head) / 4;
  for (int64_t q = first; q < quads; q += stride) {
    const int64_t i = head + 4 * q;
    const float4 a = tile::get4(x + i);
    float4 b = make_float4(0, 0, 0, 0);
    if (kInputs == 2) b = tile::get4(y + i);
    tile::put4(z + i, make_float4(op(a.x, b.x), op(a.y, b.y), op(a.z, b.z), op(a.w, b.w)));
  }
  for (int64_t k = first; k < count - 4 * quads; k += stride) {
    const int64_t i = k < head ? k : k + 4 * quads;
    tile::put(z + i, op(tile::widened(x[i]), kInputs == 2 ? tile::widened(y[i]) : 0.0f));
  }
}

// Elements before all arrays are at a border of four; count where they never are together.
template <typename X, typename Y, typename Z>
int64_t elements_before_border(int64_t count, const X* x, const Y* y, const Z* z) {
  const auto behind = [](const auto* p) { return reinterpret_cast<uintptr_t>(p) / sizeof(*p) % 4; };
  const size_t at = behind(z);
  if (behind(x) != at || behind(y) != at) return count;
  return std::min<int64_t>(count, static_cast<int64_t>((4 - at) % 4));
}

template <int kInputs, typename X, typename Y, typename Z, typename Op>
void elementwise(
    gramian_context* context, const char* name, int64_t count, const X* x, const Y* y, Z* z, const Op& op) {
  // eight blocks on each of 132 multiprocessors, twice: beyond, threads stride
  constexpr int64_t kMostBlocks = 2112;
  const int64_t head = elements_before_border(count, x, y, z);
  const int64_t quads = (count - head) / 4;
  const int64_t steps = std::max(quads, count - 4 * quads);
  const int64_t blocks = std::min(kMostBlocks, (steps + kElementwiseThreads - 1) / kElementwiseThreads);
  launch(context->stream, {name, static_cast<unsigned>(blocks), kElementwiseThreads},
      elementwise_kernel<kInputs, X, Y, Z, Op>, count, head, x, y, z, op);
}

// z_i = op(x_i, 0).
template <typename X, typename Z, typename Op>
void elementwise(gramian_context* context, const char* name, int64_t count, const X* x, Z* z, const Op& op) {
  elementwise<1>(context, name, count, x, x, z, op);
}

}  // namespace gramian
