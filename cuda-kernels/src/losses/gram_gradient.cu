#include "losses/gram_gradient.h"

#include "losses/columns.h"

namespace gramian {
namespace {

__global__ void __launch_bounds__(columns::kThreads)
    through_standardisation(GramGradient du, const float* __restrict__ rstd, const float* __restrict__ ratio,
        float* __restrict__ dz) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(columns::kThreads);
  const columns::Column c(du.d);
  const double count = static_cast<double>(du.n);
  const double mean =
      columns::sum_down(c, du.n, scratch, [&](int64_t i) -> double { return du.at(i, c.j); }) / count;
  const double along = columns::sum_down(c, du.n, scratch, [&](int64_t i) {
    return static_cast<double>(du.at(i, c.j)) * du.x[i * du.ld + c.j];
  }) / count;
  if (!c.inside) return;
  const float r = rstd[c.j];
  const double part = ratio == nullptr ? along : ratio[c.j] * along;
  for (int64_t i = c.warp; i < du.n; i += columns::kWarps) {
    dz[i * du.d + c.j] = static_cast<float>(du.at(i, c.j) - mean - du.x[i * du.ld + c.j] * part) * r;
  }
}

constexpr int kThreads = 256;

__global__ void __launch_bounds__(kThreads) add_pull(GramGradient du, float pull, const float* __restrict__ z,
    const float* __restrict__ away, float* __restrict__ dz) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t k = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; k < du.n * du.d; k += stride) {
    const float sum = du.at(k / du.d, k % du.d);
    dz[k] = pull == 0.0f ? sum : sum + pull * (z[k] - away[k]);
  }
}

}  // namespace

void finish_standardized(
    gramian_context* context, const GramGradient& du, const float* rstd, const float* ratio, float* dz) {
  launch(context->stream, columns::grid("through_standardisation", du.d), through_standardisation, du, rstd, ratio, dz);
}

void finish_plain(
    gramian_context* context, const GramGradient& du, float pull, const float* z, const float* away, float* dz) {
  const int64_t blocks = (du.n * du.d + kThreads - 1) / kThreads;
  launch(context->stream, {"add_pull", static_cast<unsigned>(blocks < 4096 ? blocks : 4096), kThreads}, add_pull, du,
      pull, z, away, dz);
}

}  // namespace gramian
