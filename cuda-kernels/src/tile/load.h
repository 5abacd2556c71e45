// From device memory into shared memory, in copies of 16 bytes.
#pragma once

#include <type_traits>

#include "tile/precision.h"
#include "tile/ptx.h"

namespace gramian {
namespace tile {

// A number as an operand of this precision has it.
template <typename Mode>
__device__ __forceinline__ typename Mode::Element rounded(float x) {
  if constexpr (std::is_same_v<Mode, Bfloat16>) {
    return static_cast<uint16_t>(pack_bf16(x, 0.0f));
  } else if constexpr (std::is_same_v<Mode, Tf32>) {
    return __uint_as_float(to_tf32(x));
  } else {
    return x;
  }
}

// Four neighbouring floats, 16-byte aligned.
__device__ __forceinline__ float4 load4(Shared<float> p) { return view_as<float4>(p)[0]; }

__device__ __forceinline__ float2 load2(Shared<float> p) { return view_as<float2>(p)[0]; }

// Starts copying rows [first, first + kRows) x columns [column, column + kColumns) of a matrix (count, width), both
// column and width multiples of 16 bytes, to target (kRows, stride). Rows from count on become zeros. All kThreads of
// the block take part.
template <int kRows, int kColumns, int kThreads, typename Element>
__device__ __forceinline__ void load_rows(Shared<Element> target, int stride, const Element* __restrict__ matrix,
    int64_t count, int64_t width, int64_t first, int64_t column) {
  constexpr int kWide = 16 / static_cast<int>(sizeof(Element));
  constexpr int kCopies = kColumns / kWide;  // of a row
  static_assert(kRows * kCopies % kThreads == 0, "every thread starts as many copies");
#pragma unroll
  for (int step = 0; step < kRows * kCopies / kThreads; ++step) {
    const int i = step * kThreads + static_cast<int>(threadIdx.x);
    const int row = i / kCopies;
    const int at = i % kCopies * kWide;
    const bool inside = first + row < count && column + at < width;
    const Element* source = matrix + (inside ? (first + row) * width + column + at : 0);
    copy_async(target + (row * stride + at), source, inside);
  }
}

}  // namespace tile
}  // namespace gramian
