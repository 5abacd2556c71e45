// Between float32 and bfloat16, and sums of bfloat16: one pass over memory, four neighbours a thread and step where all
// arrays begin at a border of 16 bytes, one by one else and behind the last four.
#include "gramian/bfloat16.h"

#include <algorithm>

#include "core/context.h"
#include "tile/element.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;

// z = x, or x + y; z may be x or y.
template <bool kSum, typename From, typename To>
__global__ void __launch_bounds__(kThreads)
    convert_kernel(int64_t count, int64_t quads, const From* x, const From* y, To* z) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  const int64_t first = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  for (int64_t q = first; q < quads; q += stride) {
    float4 value = tile::get4(x + 4 * q);
    if (kSum) {
      const float4 more = tile::get4(y + 4 * q);
      value = make_float4(value.x + more.x, value.y + more.y, value.z + more.z, value.w + more.w);
    }
    tile::put4(z + 4 * q, value);
  }
  for (int64_t i = 4 * quads + first; i < count; i += stride) {
    const float value = tile::widened(x[i]);  // alone, it keeps the sign of 0
    tile::put(z + i, kSum ? value + tile::widened(y[i]) : value);
  }
}

template <bool kSum, typename From, typename To>
void convert(gramian_context* context, const char* name, int64_t count, const From* x, const From* y, To* z) {
  // eight blocks on each of 132 multiprocessors, twice: beyond, threads stride
  constexpr int64_t kMostBlocks = 2112;
  const uintptr_t places = reinterpret_cast<uintptr_t>(x) | reinterpret_cast<uintptr_t>(y) |
                           reinterpret_cast<uintptr_t>(z);
  const int64_t quads = places % 16 == 0 ? count / 4 : 0;
  const int64_t steps = std::max(quads, count - 4 * quads);
  const int64_t blocks = std::min(kMostBlocks, (steps + kThreads - 1) / kThreads);
  launch(context->stream, {name, static_cast<unsigned>(blocks), kThreads}, convert_kernel<kSum, From, To>, count,
      quads, x, y, z);
}

}  // namespace
}  // namespace gramian

gramian_status gramian_round_bf16(gramian_context* context, int64_t count, const float* x, uint16_t* y) {
  using namespace gramian;
  const float* none = nullptr;
  return guarded([&] { convert<false>(context, "round_bf16", count, x, none, y); });
}

gramian_status gramian_widen_bf16(gramian_context* context, int64_t count, const uint16_t* x, float* y) {
  using namespace gramian;
  const uint16_t* none = nullptr;
  return guarded([&] { convert<false>(context, "widen_bf16", count, x, none, y); });
}

gramian_status gramian_add_bf16(
    gramian_context* context, int64_t count, const uint16_t* x, const uint16_t* y, uint16_t* z) {
  using namespace gramian;
  return guarded([&] { convert<true>(context, "add_bf16", count, x, y, z); });
}
