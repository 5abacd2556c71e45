#include "losses/softmax_rows.h"

#include "gram/exponential_sums.h"
#include "gramian/epilogue/nt_xent.h"

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

// One thread per row: the splits in their order, then the positive.
template <bool kShifted>
__global__ void __launch_bounds__(kThreads) finish_rows(const ExponentialSum* __restrict__ partial, int splits,
    int64_t positives, const double* __restrict__ positive, float temperature, float scale, double weight,
    SoftmaxRows rows) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= rows.count) return;
  ExponentialSum negatives = partial[i];
  for (int s = 1; s < splits; ++s) negatives = merged(negatives, partial[s * rows.count + i], scale);
  const double mine = positive[i % positives];
  if (kShifted) {
    const float top = fmaxf(negatives.top, static_cast<float>(mine));
    negatives = {top, rescaled(negatives.sum, negatives.top, top, scale)};
  }
  const nt_xent::Row r = nt_xent::row(negatives.sum, (mine - negatives.top) / temperature);
  rows.shift[i] = negatives.top;
  rows.inverse[i] = static_cast<float>(weight * r.inverse);
  rows.miss[i] = static_cast<float>(weight * r.miss);
  rows.loss[i] = r.loss;
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

// A warp per row.
__global__ void __launch_bounds__(kThreads) row_gradient_kernel(RowGradient of) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * (kThreads / 32) + threadIdx.x / 32;
  if (i >= of.n) return;
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int64_t p = of.match == nullptr ? i : of.match[i];
  const float miss = of.own_miss[i] + (of.other_miss == nullptr ? 0.0f : of.other_miss[i]);
  const float* u = of.u + i * of.width;
  const auto gradient = [&](int64_t k) {
    float sum = 0;
    for (int s = 0; s < of.splits; ++s) sum += of.weighted[s * of.split_stride + i * of.width + k];
    return of.factor * (sum - miss * of.partner[p * of.width + k]);
  };
  double dot = 0;
  for (int64_t k = lane; k < of.d; k += 32) dot += static_cast<double>(u[k]) * gradient(k);
  dot = tile::warp_sum(dot);
  if (of.along != nullptr && lane == 0) of.along[i] = dot;
  const bool plain = of.norm == nullptr;
  const bool clamped = !plain && of.norm[i] <= of.eps;
  const float along = plain ? 0.0f : static_cast<float>(dot);
  const float scale = plain ? 1.0f : clamped ? 0.0f : 1.0f / of.norm[i];
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

void row_statistics(gramian_context* context, const ExponentialSums& sums, int64_t positives, const double* positive,
    bool shifted, float temperature, float scale, double weight, const SoftmaxRows& rows) {
  const Grid grid = {"row_statistics", static_cast<unsigned>((rows.count + kThreads - 1) / kThreads), kThreads};
  launch(context->stream, grid, shifted ? finish_rows<true> : finish_rows<false>, sums.partial, sums.splits, positives,
      positive, temperature, scale, weight, rows);
}

void mean_of(gramian_context* context, int64_t count, const double* x, double factor, double* mean) {
  launch(context->stream, {"mean_of", 1, kMeanThreads, tile::shared_bytes<double>(kMeanThreads / 32)}, mean_kernel,
      count, x, factor, mean);
}

void row_gradient(gramian_context* context, const RowGradient& of) {
  launch(context->stream, warps("row_gradient", of.n), row_gradient_kernel, of);
}

}  // namespace gramian
