// y = factor[0] x, with the factor in device memory: 8 bytes an element. What a gradient is multiplied with, without
// bringing the factor to the host.
#include "core/context.h"
#include "gramian/linear_algebra.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;
// Enough blocks to fill any device; each thread strides.
constexpr int64_t kMostBlocks = 4096;

__global__ void __launch_bounds__(kThreads) scale_by(int64_t count, const float* __restrict__ factor, const float* x,
    float* y) {
  const float f = factor[0];
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < count; i += stride) y[i] = f * x[i];
}

}  // namespace
}  // namespace gramian

gramian_status gramian_scale_by(
    gramian_context* context, int64_t count, const float* factor, const float* x, float* y) {
  using namespace gramian;
  return guarded([&] {
    const int64_t blocks = (count + kThreads - 1) / kThreads;
    launch(context->stream,
        {"scale_by", static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks), kThreads}, scale_by, count,
        factor, x, y);
  });
}
