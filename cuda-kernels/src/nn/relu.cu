// y = max(x, 0) and its gradient by the output: one pass over memory.
#include "nn/relu.h"

#include "gramian/network.h"
#include "linalg/elementwise.h"

namespace gramian {
namespace {

struct Rectify {
  __device__ __forceinline__ float operator()(float x, float /*none*/) const { return rectified(x); }
};

struct Gate {
  __device__ __forceinline__ float operator()(float y, float dy) const { return gated(y, dy); }
};

}  // namespace
}  // namespace gramian

gramian_status gramian_relu_forward(gramian_context* context, int64_t count, const float* x, float* y) {
  using namespace gramian;
  return guarded([&] { elementwise(context, "relu", count, x, y, Rectify()); });
}

gramian_status gramian_relu_backward(
    gramian_context* context, int64_t count, const float* y, const float* dy, float* dx) {
  using namespace gramian;
  return guarded([&] { elementwise<2>(context, "relu_backward", count, y, dy, dx, Gate()); });
}
