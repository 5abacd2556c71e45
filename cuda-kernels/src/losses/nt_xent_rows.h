// The row kernels of NT-Xent around its two Gram loops. M = 2n rows, u (M, width), p(i) the row of the other view.
#pragma once

#include "gram/exponential_sums.h"
#include "gramian/epilogue/nt_xent.h"

namespace gramian {
namespace nt_xent {

constexpr int kRowThreads = 256;

// What the Gram loops leave of a row, and what the gradient needs.
struct Statistics {
  double* positive;           // (n) <u_i, u_(i+n)>
  ExponentialSum* partial;    // (splits, M)
  float* shift;               // (M) m_i
  float* inverse;             // (M) A_i
  float* miss;                // (M) N_i A_i
  double* loss;               // (M)
};

// positive (n): a warp per pair, in float64.
__global__ void __launch_bounds__(kRowThreads)
    positives(int64_t n, int64_t width, const float* __restrict__ u, double* __restrict__ positive) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * (kRowThreads / 32) + threadIdx.x / 32;
  if (i >= n) return;  // the whole warp
  double dot = 0;
  for (int64_t k = threadIdx.x % 32; k < width; k += 32) {
    dot += static_cast<double>(u[i * width + k]) * u[(i + n) * width + k];
  }
  dot = tile::warp_sum(dot);
  if (threadIdx.x % 32 == 0) positive[i] = dot;
}

// One thread per row: the splits in their order, then the positive.
template <bool kShifted>
__global__ void __launch_bounds__(kRowThreads)
    row_statistics(int64_t n, int splits, float temperature, float scale, Statistics of) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kRowThreads + threadIdx.x;
  if (i >= 2 * n) return;
  ExponentialSum negatives = of.partial[i];
  for (int s = 1; s < splits; ++s) negatives = merged(negatives, of.partial[s * 2 * n + i], scale);
  const double positive = of.positive[i < n ? i : i - n];
  if (kShifted) {
    const float top = fmaxf(negatives.top, static_cast<float>(positive));
    negatives = {top, rescaled(negatives.sum, negatives.top, top, scale)};
  }
  const Row r = row(negatives.sum, (positive - negatives.top) / temperature);
  of.shift[i] = negatives.top;
  of.inverse[i] = static_cast<float>(r.inverse);
  of.miss[i] = static_cast<float>(r.miss);
  of.loss[i] = r.loss;
}

constexpr int kMeanThreads = 1024;

// mean[0] = mean of x (count), 0 of nothing. One block: thread t takes t, t + 1024, ..., then the tree of block_sum.
__global__ void __launch_bounds__(kMeanThreads) mean_of(int64_t count, const double* __restrict__ x, double* mean) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kMeanThreads / 32);
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kMeanThreads) sum += x[i];
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x == 0) mean[0] = count == 0 ? 0 : sum / static_cast<double>(count);
}

// g_i = factor (sum over splits of (W u)_i - (miss_i + miss_p) u_p); dz_i = (g - u (u . g)) / norm + beta dz_i, and
// beta dz_i alone where the norm is at most eps. A warp per row.
struct RowGradient {
  int64_t n, d, width;
  int splits;
  const float* weighted;  // (splits, M, width)
  const float* u;
  const float* norm;
  const float* miss;
  float factor, eps;
  float beta[2];
  float* dz[2];
};

__global__ void __launch_bounds__(kRowThreads) row_gradient(RowGradient of) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * (kRowThreads / 32) + threadIdx.x / 32;
  if (i >= 2 * of.n) return;
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int view = i < of.n ? 0 : 1;
  const int64_t p = view == 0 ? i + of.n : i - of.n;
  const float miss = of.miss[i] + of.miss[p];
  const float* u = of.u + i * of.width;
  const auto gradient = [&](int64_t k) {
    float sum = 0;
    for (int s = 0; s < of.splits; ++s) sum += of.weighted[(s * 2 * of.n + i) * of.width + k];
    return of.factor * (sum - miss * of.u[p * of.width + k]);
  };
  double dot = 0;
  for (int64_t k = lane; k < of.d; k += 32) dot += static_cast<double>(u[k]) * gradient(k);
  const float along = static_cast<float>(tile::warp_sum(dot));
  const bool clamped = of.norm[i] <= of.eps;
  const float scale = clamped ? 0.0f : 1.0f / of.norm[i];
  const float beta = view == 0 ? of.beta[0] : of.beta[1];
  float* dz = (view == 0 ? of.dz[0] : of.dz[1]) + (i - view * of.n) * of.d;
  for (int64_t k = lane; k < of.d; k += 32) {
    const float mine = clamped ? 0.0f : (gradient(k) - u[k] * along) * scale;
    dz[k] = beta == 0.0f ? mine : mine + beta * dz[k];
  }
}

}  // namespace nt_xent
}  // namespace gramian
