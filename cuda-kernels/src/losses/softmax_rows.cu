#include "losses/softmax_rows.h"

#include "losses/finish_rows.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;

// A warp per row.
__global__ void __launch_bounds__(kThreads) dot_positives(int64_t n, int64_t width, const float* __restrict__ a,
    const float* __restrict__ b, const int32_t* __restrict__ match, double* __restrict__ positive) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * (kThreads / 32) + threadIdx.x / 32;
  if (i >= n) return;  // the whole warp
  const int64_t p = match == nullptr ? i : match[i];
  double dot = 0;
  for (int64_t k = threadIdx.x % 32; k < width; k += 32) {
    dot += static_cast<double>(a[i * width + k]) * b[p * width + k];
  }
  dot = tile::warp_sum(dot);
  if (threadIdx.x % 32 == 0) positive[i] = dot;
}

// A warp per row and view.
__global__ void __launch_bounds__(kThreads)
    dot_views(int64_t views, int64_t n, int64_t width, const float* __restrict__ u, double* __restrict__ s) {
  const int64_t at = static_cast<int64_t>(blockIdx.x) * (kThreads / 32) + threadIdx.x / 32;
  if (at >= views * n * views) return;
  const int64_t i = at / views;
  const int64_t p = at % views * n + i % n;
  double dot = 0;
  for (int64_t k = threadIdx.x % 32; k < width; k += 32) {
    dot += static_cast<double>(u[i * width + k]) * u[p * width + k];
  }
  dot = tile::warp_sum(dot);
  if (threadIdx.x % 32 == 0) s[at] = dot;
}

constexpr int kMeanThreads = 1024;

// One block: thread t takes t, t + 1024, ..., then the tree of block_sum.
__global__ void __launch_bounds__(kMeanThreads)
    mean_kernel(int64_t count, const double* __restrict__ x, double factor, double* mean) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kMeanThreads / 32);
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kMeanThreads) sum += x[i];
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x == 0) mean[0] = count == 0 ? 0 : factor * sum / static_cast<double>(count);
}

__device__ __forceinline__ auto pull_on(const PairPull& of, const RowGradient& rows, int64_t i) {
  const float pull = of.own[i] + (of.other == nullptr ? 0.0f : of.other[i]);
  const float* partner = of.partner + (of.match == nullptr ? i : of.match[i]) * rows.width;
  return [=](int64_t k) { return pull * partner[k]; };
}

__device__ __forceinline__ auto pull_on(const FeaturePull& of, const RowGradient& rows, int64_t i) {
  const float pull = of.own[i];
  const int64_t first = i * rows.width;
  return [=](int64_t k) { return pull * of.partner[first + k] - of.diagonal[k] * of.u[first + k]; };
}

__device__ __forceinline__ auto pull_on(const ViewPull& of, const RowGradient& rows, int64_t i) {
  return [=](int64_t k) {
    float sum = 0;
    for (int64_t v = 0; v < of.views; ++v) {
      const int64_t p = v * rows.n + i;
      const float pull = of.pull[(of.view * rows.n + i) * of.views + v] + of.pull[p * of.views + of.view];
      if (v != of.view) sum += pull * of.u[p * rows.width + k];
    }
    return sum;
  };
}

// A warp per row.
template <typename Pull>
__global__ void __launch_bounds__(kThreads) row_gradient_kernel(RowGradient of, Pull pulls) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * (kThreads / 32) + threadIdx.x / 32;
  if (i >= of.n) return;
  const int lane = static_cast<int>(threadIdx.x % 32);
  const auto pull = pull_on(pulls, of, i);
  const float* u = of.u + i * of.width;
  const auto gradient = [&](int64_t k) {
    float sum = 0;
    for (int s = 0; s < of.splits; ++s) sum += of.weighted[s * of.split_stride + i * of.row_stride + k];
    return of.factor * (sum - pull(k));
  };
  double dot = 0;
  for (int64_t k = lane; k < of.d; k += 32) dot += static_cast<double>(u[k]) * gradient(k);
  dot = tile::warp_sum(dot);
  if (of.along != nullptr && lane == 0) of.along[i] = dot;
  const bool free = of.rule == RowRule::none || (of.rule == RowRule::cap && of.norm[i] < of.limit);
  const bool clamped = of.rule == RowRule::unit && of.norm[i] <= of.limit;
  const float length = of.rule == RowRule::unit ? 1.0f : of.limit;  // of u, where it is fixed
  const float along = free ? 0.0f : static_cast<float>(dot) / (length * length);
  const float scale = free ? 1.0f : clamped ? 0.0f : length / of.norm[i];
  float* dz = of.dz + i * of.stride;
  for (int64_t k = lane; k < of.stride; k += 32) {
    const float mine = clamped || k >= of.d ? 0.0f : (gradient(k) - u[k] * along) * scale;
    dz[k] = of.beta == 0.0f ? mine : mine + of.beta * dz[k];
  }
}

Grid warps(const char* name, int64_t rows) {
  return {name, static_cast<unsigned>((rows + kThreads / 32 - 1) / (kThreads / 32)), kThreads};
}

}  // namespace

SoftmaxRows softmax_rows(gramian_context* context, int64_t count) {
  return {count, context->scratch<float>(count), context->scratch<float>(count), context->scratch<float>(count),
      context->scratch<double>(count)};
}

void positives(gramian_context* context, int64_t n, int64_t width, const float* a, const float* b, const int32_t* match,
    double* positive) {
  launch(context->stream, warps("positives", n), dot_positives, n, width, a, b, match, positive);
}

void view_positives(
    gramian_context* context, int64_t views, int64_t n, int64_t width, const float* u, double* s) {
  launch(context->stream, warps("positives", views * n * views), dot_views, views, n, width, u, s);
}

void row_statistics(gramian_context* context, const ExponentialSums& sums, const double* positive, float temperature,
    float scale, const SoftmaxRows& rows) {
  finish_rows_by(context, sums, rows.count, scale, NtXentRow{rows.count, positive, 1.0 / temperature}, rows);
}

void mean_of(gramian_context* context, int64_t count, const double* x, double factor, double* mean) {
  launch(context->stream, {"mean_of", 1, kMeanThreads, tile::shared_bytes<double>(kMeanThreads / 32)}, mean_kernel,
      count, x, factor, mean);
}

void row_gradient(gramian_context* context, const RowGradient& of, const PairPull& pull) {
  launch(context->stream, warps("row_gradient", of.n), row_gradient_kernel<PairPull>, of, pull);
}

void row_gradient(gramian_context* context, const RowGradient& of, const FeaturePull& pull) {
  launch(context->stream, warps("row_gradient", of.n), row_gradient_kernel<FeaturePull>, of, pull);
}

void row_gradient(gramian_context* context, const RowGradient& of, const ViewPull& pull) {
  launch(context->stream, warps("row_gradient", of.n), row_gradient_kernel<ViewPull>, of, pull);
}

}  // namespace gramian
