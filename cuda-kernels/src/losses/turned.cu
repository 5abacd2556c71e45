#include "losses/turned.h"

#include "tile/shared.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;
constexpr int kTile = 32;  // 8 rows of threads

// A tile of 32 x 32 through shared memory, so that both sides are read and written along their rows. 33 floats a row: a
// column of the tile then lies in 32 different banks.
__global__ void __launch_bounds__(kThreads) turn_kernel(Turned of) {
  tile::SharedMemory memory;
  const tile::Shared<float> staged = memory.take<float>(kTile * (kTile + 1));
  const int lane = static_cast<int>(threadIdx.x % kTile);
  const int64_t feature0 = static_cast<int64_t>(blockIdx.x) * kTile;
  const int64_t sample0 = static_cast<int64_t>(blockIdx.y) * kTile;
  for (int r = static_cast<int>(threadIdx.x / kTile); r < kTile; r += kThreads / kTile) {
    const int64_t i = feature0 + r;
    const int64_t k = sample0 + lane;
    float sum = 0;
    for (int s = 0; s < of.splits && i < of.d && k < of.n; ++s) sum += of.partial[(s * of.d + i) * of.width + k];
    staged[r * (kTile + 1) + lane] = sum;
  }
  __syncthreads();  // each thread goes on with what others staged
  for (int r = static_cast<int>(threadIdx.x / kTile); r < kTile; r += kThreads / kTile) {
    const int64_t i = feature0 + lane;
    const int64_t k = sample0 + r;
    if (i >= of.d || k >= of.n) continue;
    float value = of.factor * staged[lane * (kTile + 1) + r];
    if (of.weight != nullptr) value += of.x[k * of.ld + i] * of.weight[i];
    if (of.pull != 0.0f) value += of.pull * (of.z[k * of.d + i] - of.away[k * of.d + i]);
    of.dz[k * of.d + i] = value;
  }
}

}  // namespace

void turn(gramian_context* context, const Turned& of) {
  const dim3 blocks(
      static_cast<unsigned>((of.d + kTile - 1) / kTile), static_cast<unsigned>((of.n + kTile - 1) / kTile));
  launch(context->stream, {"turn", blocks, kThreads, tile::shared_bytes<float>(kTile * (kTile + 1))}, turn_kernel, of);
}

void transpose(gramian_context* context, int64_t n, int64_t d, const float* x, float* target) {
  turn(context, {d, n, 1, d, x, 1, nullptr, 0, nullptr, 0, nullptr, nullptr, target});
}

}  // namespace gramian
