// y = x Phi(x) and its gradient: one pass over memory, 8 and 12 bytes an element, half of that in bfloat16. Formula:
// gramian/epilogue/gelu.h.
#include "gramian/epilogue/gelu.h"

#include <math.h>

#include "gramian/bfloat16.h"
#include "gramian/transformer.h"
#include "linalg/elementwise.h"

namespace gramian {
namespace {

__device__ __forceinline__ float gauss_of(float x) { return exp2f(-gelu::kLog2EHalf * x * x); }

struct GeluValue {
  __device__ __forceinline__ float operator()(float x, float /*none*/) const { return gelu::value(x, gauss_of(x)); }
};

struct GeluSlope {
  __device__ __forceinline__ float operator()(float x, float dy) const {
    return dy * gelu::derivative(x, gauss_of(x));
  }
};

}  // namespace
}  // namespace gramian

gramian_status gramian_gelu_forward(gramian_context* context, const float* x, int64_t count, float* y) {
  using namespace gramian;
  return guarded([&] { elementwise(context, "gelu", count, x, y, GeluValue()); });
}

gramian_status gramian_gelu_backward(
    gramian_context* context, const float* x, const float* dy, int64_t count, float* dx) {
  using namespace gramian;
  return guarded([&] { elementwise<2>(context, "gelu_backward", count, x, dy, dx, GeluSlope()); });
}

gramian_status gramian_gelu_forward_bf16(gramian_context* context, const uint16_t* x, int64_t count, uint16_t* y) {
  using namespace gramian;
  return guarded([&] { elementwise(context, "gelu", count, x, y, GeluValue()); });
}

gramian_status gramian_gelu_backward_bf16(
    gramian_context* context, const uint16_t* x, const uint16_t* dy, int64_t count, uint16_t* dx) {
  using namespace gramian;
  return guarded([&] { elementwise<2>(context, "gelu_backward", count, x, dy, dx, GeluSlope()); });
}
