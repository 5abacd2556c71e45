// Layer normalisation of the rows of x (rows, d) (arXiv 1607.06450, eq. 4):
//   y = gamma xhat + beta, xhat = (x - mean_i) rstd_i, rstd_i = 1 / sqrt(variance_i + epsilon).
// Backward, g = gamma dy:
//   dx = rstd_i (g - mean_j(g) - xhat mean_j(g xhat)), dgamma = sum_i dy xhat, dbeta = sum_i dy.
//
// A warp has a row, a lane 4 neighbouring columns of every 128. The row comes from device memory once and from the
// cache afterwards: mean, squared deviations from it, output. All are distances from the row's first element, so that a
// mean far from 0 costs no digits; four are added up in float32, the fours in float64. Nowhere E[x^2] - E[x]^2.
// Bytes: 8 rows d forward, 12 for dx, 8 for dgamma and dbeta, whose sums walk down the columns (linalg/row_walk.h);
// 2 rows d less each where y and dy are bfloat16, as operands of products are (gramian/bfloat16.h).
#include "gramian/bfloat16.h"
#include "gramian/transformer.h"
#include "nn/gradient_sums.h"

namespace gramian {
namespace {

using walk::Cut;
using walk::Four;
using walk::Place;

// Columns that a warp takes in one step.
constexpr int kStep = 128;
// Blocks of a multiprocessor: 64 registers a thread, so that none is spilled.
constexpr int kBlocksAtOnce = 4;

struct Rows {
  int64_t count, d;

  // The row of this warp.
  __device__ __forceinline__ int64_t mine() const {
    return static_cast<int64_t>(blockIdx.x) * walk::kWarps + threadIdx.x / 32;
  }
  // How many of the four columns from `column` on there are.
  __device__ __forceinline__ int columns(int64_t column) const {
    return d - column >= 4 ? 4 : d > column ? static_cast<int>(d - column) : 0;
  }
};

__device__ __forceinline__ int64_t first_column() { return 4 * static_cast<int64_t>(threadIdx.x % 32); }

Grid rows_grid(const char* name, const Rows& of) {
  return {name, static_cast<unsigned>((of.count + walk::kWarps - 1) / walk::kWarps), walk::kThreads};
}

// y (rows, d), mean and rstd (rows).
template <bool kAligned, typename Element>
__global__ void __launch_bounds__(walk::kThreads)
    layer_norm(Rows of, const float* __restrict__ x, const float* __restrict__ gamma, const float* __restrict__ beta,
        float epsilon, Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd) {
  const int64_t i = of.mine();
  if (i >= of.count) return;  // the whole warp
  const float* row = x + i * of.d;
  const float shift = row[0];
  double total = 0;
  for (int64_t j = first_column(); j < of.d; j += kStep) {
    const int columns = of.columns(j);
    const Four part = walk::load<kAligned>(row + j, columns);
    float sum = 0;
#pragma unroll
    for (int k = 0; k < 4; ++k) sum += k < columns ? part.at[k] - shift : 0.0f;
    total += static_cast<double>(sum);
  }
  const double count = static_cast<double>(of.d);
  const double away = tile::warp_sum(total) / count;  // of the mean from shift
  const float middle = static_cast<float>(away);
  double squares = 0;
  for (int64_t j = first_column(); j < of.d; j += kStep) {
    const int columns = of.columns(j);
    const Four part = walk::load<kAligned>(row + j, columns);
    float sum = 0;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const float difference = k < columns ? part.at[k] - shift - middle : 0.0f;
      sum += difference * difference;
    }
    squares += static_cast<double>(sum);
  }
  const double variance = tile::warp_sum(squares) / count;
  const float scale = static_cast<float>(1 / sqrt(variance + static_cast<double>(epsilon)));
  if (threadIdx.x % 32 == 0) {
    mean[i] = static_cast<float>(static_cast<double>(shift) + away);
    rstd[i] = scale;
  }
  for (int64_t j = first_column(); j < of.d; j += kStep) {
    const int columns = of.columns(j);
    Four part = walk::load<kAligned>(row + j, columns);
    const Four factor = walk::load<kAligned>(gamma + j, columns);
    const Four offset = walk::load<kAligned>(beta + j, columns);
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      part.at[k] = fmaf((part.at[k] - shift - middle) * scale, factor.at[k], offset.at[k]);
    }
    walk::store<kAligned>(y + i * of.d + j, columns, part);
  }
}

// What the gradient of one row is made of.
template <typename Element>
struct Layer {
  const Element* dy;
  const float* x;
  const float* gamma;
  const float* mean;
  const float* rstd;
};

// dx (rows, d); may be dy.
template <bool kAligned, typename Element>
__global__ void __launch_bounds__(walk::kThreads, kBlocksAtOnce)
    layer_norm_gradient(Rows of, Layer<Element> from, float* dx) {
  const int64_t i = of.mine();
  if (i >= of.count) return;  // the whole warp
  const float mean = from.mean[i];
  const float scale = from.rstd[i];
  GradientSums sums = {};
  for (int64_t j = first_column(); j < of.d; j += kStep) {
    const int columns = of.columns(j);
    const Four x = walk::load<kAligned>(from.x + i * of.d + j, columns);
    const Four dy = walk::load<kAligned>(from.dy + i * of.d + j, columns);
    const Four gamma = walk::load<kAligned>(from.gamma + j, columns);
    float plain = 0;
    float along = 0;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const float g = k < columns ? gamma.at[k] * dy.at[k] : 0.0f;
      plain += g;
      along += k < columns ? g * ((x.at[k] - mean) * scale) : 0.0f;
    }
    sums.plain += static_cast<double>(plain);
    sums.along += static_cast<double>(along);
  }
  const double count = static_cast<double>(of.d);
  const float plain = static_cast<float>(tile::warp_sum(sums.plain) / count);
  const float along = static_cast<float>(tile::warp_sum(sums.along) / count);
  for (int64_t j = first_column(); j < of.d; j += kStep) {
    const int columns = of.columns(j);
    const Four x = walk::load<kAligned>(from.x + i * of.d + j, columns);
    const Four dy = walk::load<kAligned>(from.dy + i * of.d + j, columns);
    const Four gamma = walk::load<kAligned>(from.gamma + j, columns);
    Four out;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const float xhat = (x.at[k] - mean) * scale;
      out.at[k] = scale * (gamma.at[k] * dy.at[k] - plain - xhat * along);
    }
    walk::store<kAligned>(dx + i * of.d + j, columns, out);
  }
}

// partial (chunks, d): sums of dy and dy xhat over the rows of a chunk. Groups of rows are added up in float32, the
// groups in float64.
template <bool kAligned, typename Element>
__global__ void __launch_bounds__(walk::kThreads)
    layer_norm_sums(Cut cut, Layer<Element> from, GradientSums* __restrict__ partial) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<GradientSums>(walk::kThreads * 4);
  const Place at(cut);
  GradientSums sums[4] = {};
  for (int64_t i = at.first; i < at.end; i += walk::kGroup * at.step) {
    Four plain = {};
    Four along = {};
#pragma unroll
    for (int r = 0; r < walk::kGroup; ++r) {
      const int64_t row = i + r * at.step;
      if (row < at.end) {
        const int64_t place = row * cut.c + at.column;
        const Four x = walk::load<kAligned>(from.x + place, at.columns);
        const Four dy = walk::load<kAligned>(from.dy + place, at.columns);
        const float mean = from.mean[row];
        const float scale = from.rstd[row];
#pragma unroll
        for (int k = 0; k < 4; ++k) {
          plain.at[k] += dy.at[k];
          along.at[k] += dy.at[k] * ((x.at[k] - mean) * scale);
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

__global__ void __launch_bounds__(walk::kThreads) finish_layer_norm_sums(
    Cut cut, const GradientSums* __restrict__ partial, float* __restrict__ dgamma, float* __restrict__ dbeta) {
  const int64_t column = walk::column_of_warp();
  if (column >= cut.c) return;  // the whole warp
  const GradientSums all = walk::merge_chunks(cut, partial, column);
  if (threadIdx.x % 32 != 0) return;
  dbeta[column] = static_cast<float>(all.plain);
  dgamma[column] = static_cast<float>(all.along);
}

template <typename Element>
void forward(gramian_context* context, const Rows& of, const float* x, const float* gamma, const float* beta,
    float epsilon, Element* y, float* mean, float* rstd) {
  launch(context->stream, rows_grid("layer_norm", of),
      walk::aligned(of.d, x, gamma, beta, y) ? layer_norm<true, Element> : layer_norm<false, Element>, of, x, gamma,
      beta, epsilon, y, mean, rstd);
}

template <typename Element>
void backward(gramian_context* context, const Rows& of, const Layer<Element>& from, float* dx, float* dgamma,
    float* dbeta) {
  const Cut cut = walk::cut(of.count, of.d);
  context->begin();
  GradientSums* partial = context->scratch<GradientSums>(cut.chunks * of.d);
  launch(context->stream, walk::grid("layer_norm_sums", cut, walk::kScratchBytes<GradientSums>),
      walk::aligned(of.d, from.x, from.dy) ? layer_norm_sums<true, Element> : layer_norm_sums<false, Element>, cut,
      from, partial);
  launch(context->stream, walk::columns_grid("layer_norm_finish", of.d), finish_layer_norm_sums, cut, partial, dgamma,
      dbeta);
  const bool aligned = walk::aligned(of.d, from.x, from.dy, from.gamma, dx);
  // last, because dx may be dy
  launch(context->stream, rows_grid("layer_norm_gradient", of),
      aligned ? layer_norm_gradient<true, Element> : layer_norm_gradient<false, Element>, of, from, dx);
}

}  // namespace
}  // namespace gramian

gramian_status gramian_layer_norm_forward(gramian_context* context, const float* x, int64_t rows, int64_t d,
    const float* gamma, const float* beta, float epsilon, float* y, float* mean, float* rstd) {
  using namespace gramian;
  return guarded([&] { forward(context, {rows, d}, x, gamma, beta, epsilon, y, mean, rstd); });
}

gramian_status gramian_layer_norm_backward(gramian_context* context, const float* dy, const float* x, int64_t rows,
    int64_t d, const float* gamma, const float* mean, const float* rstd, float* dx, float* dgamma, float* dbeta) {
  using namespace gramian;
  return guarded([&] { backward<float>(context, {rows, d}, {dy, x, gamma, mean, rstd}, dx, dgamma, dbeta); });
}

gramian_status gramian_layer_norm_forward_bf16(gramian_context* context, const float* x, int64_t rows, int64_t d,
    const float* gamma, const float* beta, float epsilon, uint16_t* y, float* mean, float* rstd) {
  using namespace gramian;
  return guarded([&] { forward(context, {rows, d}, x, gamma, beta, epsilon, y, mean, rstd); });
}

gramian_status gramian_layer_norm_backward_bf16(gramian_context* context, const uint16_t* dy, const float* x,
    int64_t rows, int64_t d, const float* gamma, const float* mean, const float* rstd, float* dx, float* dgamma,
    float* dbeta) {
  using namespace gramian;
  return guarded([&] { backward<uint16_t>(context, {rows, d}, {dy, x, gamma, mean, rstd}, dx, dgamma, dbeta); });
}
