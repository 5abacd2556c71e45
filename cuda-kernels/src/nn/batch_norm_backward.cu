// Gradient of batch normalisation with residual and ReLU, g the gradient behind the ReLU:
//   dbeta = sum_i g_i, dgamma = sum_i g_i xhat_i, xhat = (x - mean) rstd,
//   dx = gamma rstd (g - mean(g) - xhat mean(g xhat)), without the means where the statistics were given.
// Activations are float or bfloat16. Elements moved: 5 rows c; 6 with a residual, whose gradient is written on the way,
// 7 with a ReLU behind it.
#include "gramian/bfloat16.h"
#include "gramian/network.h"
#include "nn/batch_norm.h"
#include "nn/gradient_sums.h"
#include "nn/relu.h"

namespace gramian {
namespace {

using batch_norm::Channels;
using batch_norm::Factors;
using walk::Cut;
using walk::Four;
using walk::Place;

// Where the sign comes from that g depends on: from nowhere, from the output y, or from the output without residual,
// which is computed again.
enum class Gate { none, output, input };

template <typename Element>
struct Pass {
  Gate gate;
  const Element* x;
  const Element* y;   // with Gate::output
  const Element* dy;
};

// g of one row, and x with it.
template <bool kAligned, typename Element>
__device__ __forceinline__ Four gradient_of(const Pass<Element>& of, const Factors& factors, const Place& at,
    int64_t place, const Four& x) {
  Four g = walk::load<kAligned>(of.dy + place, at.columns);
  if (of.gate == Gate::none) return g;
  const Four y = of.gate == Gate::output ? walk::load<kAligned>(of.y + place, at.columns) : Four{};
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    g.at[k] = gated(of.gate == Gate::output ? y.at[k] : factors.value(x.at[k], k), g.at[k]);
  }
  return g;
}

// Sums of g and g xhat; masked (rows, c) receives g unless it is null, and may be dy. Groups of rows are added up in
// float32, the groups in float64.
template <bool kAligned, typename Element>
__global__ void __launch_bounds__(walk::kThreads) batch_gradient_sums(
    Cut cut, Channels channels, Pass<Element> pass, Element* masked, GradientSums* __restrict__ partial) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<GradientSums>(walk::kThreads * 4);
  const Place at(cut);
  const Factors factors(channels, at);
  const Four rstd = walk::of_columns(channels.rstd, at, 0);
  GradientSums sums[4] = {};
  for (int64_t i = at.first; i < at.end; i += walk::kGroup * at.step) {
    Four plain = {};
    Four along = {};
#pragma unroll
    for (int r = 0; r < walk::kGroup; ++r) {
      const int64_t row = i + r * at.step;
      if (row < at.end) {
        const int64_t place = row * cut.c + at.column;
        const Four x = walk::load<kAligned>(pass.x + place, at.columns);
        const Four g = gradient_of<kAligned>(pass, factors, at, place, x);
        if (masked != nullptr) walk::store<kAligned>(masked + place, at.columns, g);
#pragma unroll
        for (int k = 0; k < 4; ++k) {
          plain.at[k] += g.at[k];
          along.at[k] += g.at[k] * ((x.at[k] - factors.mean.at[k]) * rstd.at[k]);
        }
      }
    }
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      sums[k].plain += static_cast<double>(plain.at[k]);
      sums[k].along += static_cast<double>(along.at[k]);
    }
  }
  walk::store_parts(cut, sums, scratch, partial);
}

// means (2, c): of g and of g xhat, zeros where the statistics are constants.
__global__ void __launch_bounds__(walk::kThreads) finish_gradient_sums(Cut cut,
    const GradientSums* __restrict__ partial, bool batch_statistics, float* __restrict__ dgamma,
    float* __restrict__ dbeta, float* __restrict__ means) {
  const int64_t column = walk::column_of_warp();
  if (column >= cut.c) return;  // the whole warp
  const GradientSums all = walk::merge_chunks(cut, partial, column);
  if (threadIdx.x % 32 != 0) return;
  const double rows = static_cast<double>(cut.rows);
  dbeta[column] = static_cast<float>(all.plain);
  dgamma[column] = static_cast<float>(all.along);
  means[column] = batch_statistics ? static_cast<float>(all.plain / rows) : 0.0f;
  means[cut.c + column] = batch_statistics ? static_cast<float>(all.along / rows) : 0.0f;
}

// dx may be pass.dy.
template <bool kAligned, typename Element>
__global__ void __launch_bounds__(walk::kThreads)
    batch_gradient(Cut cut, Channels channels, Pass<Element> pass, const float* __restrict__ means, Element* dx) {
  const Place at(cut);
  const Factors factors(channels, at);
  const Four rstd = walk::of_columns(channels.rstd, at, 0);
  const Four plain = walk::of_columns(means, at, 0);
  const Four along = walk::of_columns(means + cut.c, at, 0);
  for (int64_t i = at.first; i < at.end; i += at.step) {
    const int64_t place = i * cut.c + at.column;
    const Four x = walk::load<kAligned>(pass.x + place, at.columns);
    const Four g = gradient_of<kAligned>(pass, factors, at, place, x);
    Four out;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const float xhat = (x.at[k] - factors.mean.at[k]) * rstd.at[k];
      out.at[k] = factors.scale.at[k] * (g.at[k] - plain.at[k] - xhat * along.at[k]);
    }
    walk::store<kAligned>(dx + place, at.columns, out);
  }
}

template <typename Element>
gramian_status backward(gramian_context* context, int64_t rows, int64_t c, const Element* x, const Element* y,
    const Channels& channels, bool relu, bool batch_statistics, const Element* dy, Element* dx, float* dgamma,
    float* dbeta, Element* dresidual) {
  return guarded([&] {
    const bool residual = dresidual != nullptr;
    const Gate gate = !relu ? Gate::none : residual ? Gate::output : Gate::input;
    const Cut cut = walk::cut(rows, c);
    context->begin();
    GradientSums* partial = context->scratch<GradientSums>(cut.chunks * c);
    float* means = context->scratch<float>(2 * c);
    const bool aligned = walk::aligned(c, x, gate == Gate::output ? y : nullptr, dy, dx, dresidual);
    launch(context->stream, walk::grid("batch_norm_gradient_sums", cut, walk::kScratchBytes<GradientSums>),
        aligned ? batch_gradient_sums<true, Element> : batch_gradient_sums<false, Element>, cut, channels,
        Pass<Element>{gate, x, y, dy}, dresidual, partial);
    launch(context->stream, walk::columns_grid("batch_norm_gradient_means", c), finish_gradient_sums, cut, partial,
        batch_statistics, dgamma, dbeta, means);
    // where there is a residual, its gradient is g
    const Pass<Element> pass =
        residual ? Pass<Element>{Gate::none, x, nullptr, dresidual} : Pass<Element>{gate, x, y, dy};
    launch(context->stream, walk::grid("batch_norm_gradient", cut),
        aligned ? batch_gradient<true, Element> : batch_gradient<false, Element>, cut, channels, pass, means, dx);
  });
}

}  // namespace
}  // namespace gramian

gramian_status gramian_batch_norm_backward(gramian_context* context, int64_t rows, int64_t c, const float* x,
    const float* y, const float* gamma, const float* beta, const float* mean, const float* rstd, int32_t relu,
    int32_t batch_statistics, const float* dy, float* dx, float* dgamma, float* dbeta, float* dresidual) {
  return gramian::backward(context, rows, c, x, y, {gamma, beta, mean, rstd}, relu != 0, batch_statistics != 0, dy, dx,
      dgamma, dbeta, dresidual);
}

gramian_status gramian_batch_norm_backward_bf16(gramian_context* context, int64_t rows, int64_t c, const uint16_t* x,
    const uint16_t* y, const float* gamma, const float* beta, const float* mean, const float* rstd, int32_t relu,
    int32_t batch_statistics, const uint16_t* dy, uint16_t* dx, float* dgamma, float* dbeta, uint16_t* dresidual) {
  return gramian::backward(context, rows, c, x, y, {gamma, beta, mean, rstd}, relu != 0, batch_statistics != 0, dy, dx,
      dgamma, dbeta, dresidual);
}
