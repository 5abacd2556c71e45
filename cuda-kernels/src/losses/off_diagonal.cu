// Off-diagonal penalty on the device: of the feature Gram F = z^T z, or on the sample side of K = z z^T, with column
// norms |z_j|:
//   P = sum_{i != j} (F_ij / scale)^2,                            dP/dz = (4 / scale^2) z offdiag(F)
//   sum_{i != j} F_ij^2 = ||K||^2 - sum_j |z_j|^4,                z offdiag(F) = K z - z o |z_j|^2
#include "gram/merge_grams.h"
#include "gram/precisions.h"
#include "gramian/covariance.h"
#include "losses/columns.h"
#include "losses/gram_gradient.h"

namespace gramian {
namespace {

// square_j = |z_j|^2, weight_j = -coefficient square_j.
__global__ void __launch_bounds__(columns::kThreads) column_squares(int64_t n, int64_t d, const float* __restrict__ z,
    double coefficient, double* __restrict__ square, float* __restrict__ weight) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(columns::kThreads);
  const columns::Column c(d);
  const double sum = columns::sum_down(c, n, scratch, [&](int64_t i) { return columns::squared(z[i * d + c.j]); });
  if (!c.inside || c.warp != 0) return;
  square[c.j] = sum;
  weight[c.j] = static_cast<float>(-coefficient * sum);
}

constexpr int kThreads = 1024;

// value[0] = (sum of squares (rows of partial sums) - sum of square_j^2) / scale^2; square null: 0. One block.
__global__ void __launch_bounds__(kThreads) off_diagonal_value(int64_t rows, const double* __restrict__ squares,
    int64_t d, const double* __restrict__ square, double scale2, double* value) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads / 32);
  double sum = 0;
  for (int64_t i = threadIdx.x; i < rows; i += kThreads) sum += squares[i];
  for (int64_t j = threadIdx.x; j < d && square != nullptr; j += kThreads) sum -= columns::squared(square[j]);
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x == 0) value[0] = sum / scale2;
}

template <typename Mode>
void off_diagonal(gramian_context* context, int64_t n, int64_t d, const float* z, double scale2, bool samples,
    double* value, float* dz) {
  const double coefficient = 4 / scale2;
  double* square = samples ? context->scratch<double>(d) : nullptr;
  float* weight = samples ? context->scratch<float>(d) : nullptr;
  if (samples) {
    launch(context->stream, columns::grid("column_squares", d), column_squares, n, d, z, coefficient, square, weight);
  }
  const Operand<Mode> operand =
      samples ? lay_out<Mode>(context, n, d, z, d) : lay_out_transposed<Mode>(context, n, d, z, d);
  const Product gram_of = gram<Mode>(context, "off_diagonal_gram", operand, 1);
  const MergedGrams<Mode> merged = merge_grams<Mode>(context, gram_of, 1, false, samples, dz != nullptr);
  launch(context->stream, {"off_diagonal_value", 1, kThreads, tile::shared_bytes<double>(kThreads / 32)},
      off_diagonal_value, merged.blocks, merged.sums[0], d, square, scale2, value);
  if (dz == nullptr) return;
  const GramGradient p = {
      n, d, d, static_cast<float>(coefficient), samples ? merged.diagonal[0] : nullptr, z, z, weight, dz};
  const Operand<Mode>& whole = merged.off_diagonal[0];
  plain_gradient(context, "off_diagonal_gradient", samples ? whole : lay_out<Mode>(context, n, d, z, d),
      samples ? lay_out_transposed<Mode>(context, n, d, z, d) : whole, p, {0, nullptr, nullptr});
}

}  // namespace
}  // namespace gramian

gramian_status gramian_off_diagonal_penalty(gramian_context* context, int64_t n, int64_t d, const float* z, float scale,
    int32_t side, double* value, float* dz) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    with_precision(context, [&](auto mode) {
      off_diagonal<decltype(mode)>(context, n, d, z, static_cast<double>(scale) * scale, side == GRAMIAN_GRAM_SAMPLES,
          value, dz);
    });
  });
}
