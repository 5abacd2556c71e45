// Between float32 and bfloat16, and sums with bfloat16: one pass over memory each.
#include "gramian/bfloat16.h"

#include "linalg/elementwise.h"

namespace gramian {
namespace {

struct Same {
  __device__ __forceinline__ float operator()(float x, float /*none*/) const { return x; }
};

struct Add {
  __device__ __forceinline__ float operator()(float x, float y) const { return x + y; }
};

}  // namespace
}  // namespace gramian

gramian_status gramian_round_bf16(gramian_context* context, int64_t count, const float* x, uint16_t* y) {
  using namespace gramian;
  return guarded([&] { elementwise(context, "round_bf16", count, x, y, Same()); });
}

gramian_status gramian_widen_bf16(gramian_context* context, int64_t count, const uint16_t* x, float* y) {
  using namespace gramian;
  return guarded([&] { elementwise(context, "widen_bf16", count, x, y, Same()); });
}

gramian_status gramian_add_bf16(
    gramian_context* context, int64_t count, const uint16_t* x, const uint16_t* y, uint16_t* z) {
  using namespace gramian;
  return guarded([&] { elementwise<2>(context, "add_bf16", count, x, y, z, Add()); });
}

gramian_status gramian_add_mixed_bf16(
    gramian_context* context, int64_t count, const float* x, const uint16_t* y, float* z) {
  using namespace gramian;
  return guarded([&] { elementwise<2>(context, "add_mixed_bf16", count, x, y, z, Add()); });
}
