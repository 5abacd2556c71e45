// Batch normalisation of (rows, c) with residual and ReLU (arXiv 1502.03167, algorithm 1), by the statistics of the
// batch or by given ones; activations are float or bfloat16. Elements moved: 3 rows c, 4 with a residual (x is read
// twice, y written); c floats else.
//
// A thread takes 4 rows at a time: mean, then squared deviations from it, both as distances from the first row that the
// thread saw, so that a mean far from 0 costs no digits; groups, threads and chunks merge by Chan's formula, threads
// and chunks in float64. Nowhere E[x^2] - E[x]^2.
#include "nn/batch_norm.h"

#include "gramian/bfloat16.h"
#include "gramian/network.h"
#include "nn/relu.h"

namespace gramian {
namespace {

using batch_norm::Channels;
using batch_norm::Factors;
using walk::Cut;
using walk::Four;
using walk::Place;

struct Moments {
  double count, mean, deviations;  // of so many values: mean, sum of squared deviations from it

  __device__ __forceinline__ Moments merged(const Moments& other) const {
    const double both = count + other.count;
    const double share = both > 0 ? other.count / both : 0;
    const double gap = other.mean - mean;
    return {both, mean + gap * share, deviations + other.deviations + gap * gap * (share * count)};
  }
  __device__ __forceinline__ Moments moved(int away) const {
    return {__shfl_down_sync(tile::kAllLanes, count, away), __shfl_down_sync(tile::kAllLanes, mean, away),
        __shfl_down_sync(tile::kAllLanes, deviations, away)};
  }
};

// Moments of the rows that one thread has seen, relative to shift.
struct Seen {
  Four shift, mean = {}, deviations = {};
  float count = 0;

  // The first `rows` of x.
  __device__ __forceinline__ void add(const Four (&x)[walk::kGroup], int rows) {
    const float inverse = 1.0f / static_cast<float>(rows);
    const float share = static_cast<float>(rows) / (count + static_cast<float>(rows));
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      float sum = 0;
#pragma unroll
      for (int r = 0; r < walk::kGroup; ++r) sum += r < rows ? x[r].at[k] - shift.at[k] : 0.0f;
      const float m = sum * inverse;
      float squares = 0;
#pragma unroll
      for (int r = 0; r < walk::kGroup; ++r) {
        const float difference = r < rows ? x[r].at[k] - shift.at[k] - m : 0.0f;
        squares += difference * difference;
      }
      const float gap = m - mean.at[k];
      mean.at[k] += gap * share;
      deviations.at[k] += squares + gap * gap * (share * count);
    }
    count += static_cast<float>(rows);
  }
};

template <bool kAligned, typename Element>
__global__ void __launch_bounds__(walk::kThreads)
    batch_moments(Cut cut, const Element* __restrict__ x, Moments* __restrict__ partial) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<Moments>(walk::kThreads * 4);
  const Place at(cut);
  Seen seen;
  seen.shift = {};
  const Element* mine = x + at.column;
  if (at.first < at.end) seen.shift = walk::load<kAligned>(mine + at.first * cut.c, at.columns);
  for (int64_t i = at.first; i < at.end; i += walk::kGroup * at.step) {
    Four group[walk::kGroup];
    int rows = 0;
#pragma unroll
    for (int r = 0; r < walk::kGroup; ++r) {
      const int64_t row = i + r * at.step;
      const bool inside = row < at.end;
      group[r] = inside ? walk::load<kAligned>(mine + row * cut.c, at.columns) : Four{};
      rows += inside ? 1 : 0;
    }
    seen.add(group, rows);
  }
  Moments moments[4];
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    const double mean = static_cast<double>(seen.shift.at[k]) + seen.mean.at[k];
    moments[k] = {seen.count, mean, seen.deviations.at[k]};
  }
  walk::store_parts(cut, moments, scratch, partial);
}

struct Running {
  float momentum;
  float* mean;  // null: none are kept
  float* variance;
};

// mean, rstd (c), and the running statistics with the unbiased variance, as PyTorch keeps it.
__global__ void __launch_bounds__(walk::kThreads) finish_moments(Cut cut, const Moments* __restrict__ partial,
    float eps, Running running, float* __restrict__ mean, float* __restrict__ rstd) {
  const int64_t column = walk::column_of_warp();
  if (column >= cut.c) return;  // the whole warp
  const Moments all = walk::merge_chunks(cut, partial, column);
  if (threadIdx.x % 32 != 0) return;
  const double rows = static_cast<double>(cut.rows);
  const float batch_mean = static_cast<float>(all.mean);
  mean[column] = batch_mean;
  rstd[column] = static_cast<float>(1 / sqrt(all.deviations / rows + static_cast<double>(eps)));
  if (running.mean == nullptr) return;
  const float unbiased = static_cast<float>(all.deviations / (rows - 1));
  running.mean[column] += running.momentum * (batch_mean - running.mean[column]);
  running.variance[column] += running.momentum * (unbiased - running.variance[column]);
}

__global__ void __launch_bounds__(walk::kThreads)
    given_rstd(int64_t c, float eps, const float* __restrict__ variance, float* __restrict__ rstd) {
  const int64_t j = static_cast<int64_t>(blockIdx.x) * walk::kThreads + threadIdx.x;
  if (j < c) rstd[j] = 1.0f / sqrtf(variance[j] + eps);
}

template <bool kAligned, typename Element>
__global__ void __launch_bounds__(walk::kThreads)
    normalize_batch(Cut cut, Channels channels, const Element* x, const Element* residual, bool relu, Element* y) {
  const Place at(cut);
  const Factors factors(channels, at);
  for (int64_t i = at.first; i < at.end; i += at.step) {
    const int64_t place = i * cut.c + at.column;
    Four value = walk::load<kAligned>(x + place, at.columns);
    const Four more = residual == nullptr ? Four{} : walk::load<kAligned>(residual + place, at.columns);
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      float v = factors.value(value.at[k], k);
      if (residual != nullptr) v += more.at[k];
      value.at[k] = relu ? rectified(v) : v;
    }
    walk::store<kAligned>(y + place, at.columns, value);
  }
}

template <typename Element>
void apply(gramian_context* context, const Cut& cut, const Channels& channels, const Element* x,
    const Element* residual, bool relu, Element* y) {
  launch(context->stream, walk::grid("batch_norm_apply", cut),
      walk::aligned(cut.c, x, residual, y) ? normalize_batch<true, Element> : normalize_batch<false, Element>, cut,
      channels, x, residual, relu, y);
}

template <typename Element>
gramian_status forward(gramian_context* context, int64_t rows, int64_t c, const Element* x, const float* gamma,
    const float* beta, const Element* residual, float eps, const Running& running, bool relu, Element* y, float* mean,
    float* rstd) {
  return guarded([&] {
    if (rows < 2) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "batch normalisation needs at least 2 values per channel");
    const Cut cut = walk::cut(rows, c);
    context->begin();
    Moments* partial = context->scratch<Moments>(cut.chunks * c);
    launch(context->stream, walk::grid("batch_norm_moments", cut, walk::kScratchBytes<Moments>),
        walk::aligned(c, x) ? batch_moments<true, Element> : batch_moments<false, Element>, cut, x, partial);
    launch(context->stream, walk::columns_grid("batch_norm_statistics", c), finish_moments, cut, partial, eps, running,
        mean, rstd);
    apply(context, cut, {gamma, beta, mean, rstd}, x, residual, relu, y);
  });
}

template <typename Element>
gramian_status evaluate(gramian_context* context, int64_t rows, int64_t c, const Element* x, const float* gamma,
    const float* beta, const Element* residual, const float* mean, const float* variance, float eps, bool relu,
    Element* y, float* rstd) {
  return guarded([&] {
    const unsigned blocks = static_cast<unsigned>((c + walk::kThreads - 1) / walk::kThreads);
    launch(context->stream, {"batch_norm_rstd", blocks, walk::kThreads}, given_rstd, c, eps, variance, rstd);
    apply(context, walk::cut(rows, c), {gamma, beta, mean, rstd}, x, residual, relu, y);
  });
}

}  // namespace
}  // namespace gramian

gramian_status gramian_batch_norm_forward(gramian_context* context, int64_t rows, int64_t c, const float* x,
    const float* gamma, const float* beta, const float* residual, float eps, float momentum, int32_t relu,
    float* running_mean, float* running_variance, float* y, float* mean, float* rstd) {
  return gramian::forward(context, rows, c, x, gamma, beta, residual, eps, {momentum, running_mean, running_variance},
      relu != 0, y, mean, rstd);
}

gramian_status gramian_batch_norm_forward_bf16(gramian_context* context, int64_t rows, int64_t c, const uint16_t* x,
    const float* gamma, const float* beta, const uint16_t* residual, float eps, float momentum, int32_t relu,
    float* running_mean, float* running_variance, uint16_t* y, float* mean, float* rstd) {
  return gramian::forward(context, rows, c, x, gamma, beta, residual, eps, {momentum, running_mean, running_variance},
      relu != 0, y, mean, rstd);
}

gramian_status gramian_batch_norm_evaluate(gramian_context* context, int64_t rows, int64_t c, const float* x,
    const float* gamma, const float* beta, const float* residual, const float* mean, const float* variance, float eps,
    int32_t relu, float* y, float* rstd) {
  return gramian::evaluate(
      context, rows, c, x, gamma, beta, residual, mean, variance, eps, relu != 0, y, rstd);
}

gramian_status gramian_batch_norm_evaluate_bf16(gramian_context* context, int64_t rows, int64_t c, const uint16_t* x,
    const float* gamma, const float* beta, const uint16_t* residual, const float* mean, const float* variance,
    float eps, int32_t relu, uint16_t* y, float* rstd) {
  return gramian::evaluate(
      context, rows, c, x, gamma, beta, residual, mean, variance, eps, relu != 0, y, rstd);
}
