// Off-diagonal penalties of the feature Gram F = z^T z other than squares, never stored:
//   absolute     sum_{i != j} |F_ij| / scale,                    dz = (2 / scale) z offdiag(sign(F))
//   exponential  sum_i log sum_{j != i} exp(F_ij / (scale tau)), dz as in losses/log_sum_exp.h
// FLOP n d^2 for the absolute value, 2 n d^2 for the exponential one, and 4 n d^2 for either gradient (n <= 128; F is
// computed anew for every 128 samples). Memory: z as rows of features, and (splits, d, n) partial gradients.
//
// The absolute penalty never rounds its operands, whatever the precision: a rounded entry near 0 has the wrong sign.
#include "gram/pair_sums.h"
#include "gram/precisions.h"
#include "gram/weigh.h"
#include "gramian/decorrelation.h"
#include "gramian/epilogue/similarity.h"
#include "losses/log_sum_exp.h"
#include "losses/turned.h"

namespace gramian {
namespace {

constexpr int kThreads = 1024;

// value[0] = factor times the sum of x (count). One block.
__global__ void __launch_bounds__(kThreads)
    total(int64_t count, const double* __restrict__ x, double factor, double* value) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads / 32);
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kThreads) sum += x[i];
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x == 0) value[0] = factor * sum;
}

void total_of(gramian_context* context, int64_t count, const double* x, double factor, double* value) {
  launch(context->stream, {"total", 1, kThreads, tile::shared_bytes<double>(kThreads / 32)}, total, count, x, factor,
      value);
}

struct Magnitude {
  __device__ __forceinline__ float operator()(float s, int, int) const {
    return similarity::value<similarity::kAbsolute>(s);
  }
};

struct Sign {
  struct Row {};
  __device__ __forceinline__ Row row(int) const { return {}; }
  __device__ __forceinline__ float operator()(Row, float s, int i, int j) const {
    return i == j ? 0.0f : similarity::slope<similarity::kAbsolute>(s);
  }
};

Turned plain(int64_t n, int64_t d, const WeightedRows& rows, int64_t width, double factor, float* dz) {
  return {n, d, rows.splits, width, rows.partial, static_cast<float>(factor), nullptr, 0, nullptr, 0, nullptr, nullptr,
      dz};
}

void absolute(gramian_context* context, int64_t n, int64_t d, const float* z, double scale, double* value, float* dz) {
  const Operand<tile::Float32> columns = lay_out_transposed<tile::Float32>(context, n, d, z, d);
  const PairSums sums = pair_sums_of(context, "off_diagonal_magnitudes", columns, Magnitude{});
  total_of(context, sums.count, sums.partial, 2 / scale, value);
  if (dz == nullptr) return;
  const WeightedRows rows = weigh(context, "off_diagonal_signs", columns, columns, Sign{});
  turn(context, plain(n, d, rows, columns.width, 2 / scale, dz));
}

template <typename Mode>
void exponential(
    gramian_context* context, int64_t n, int64_t d, const float* z, double divisor, double* value, float* dz) {
  const Operand<Mode> columns = lay_out_transposed<Mode>(context, n, d, z, d);
  const LogSumExps sums = log_sum_exps(context, columns, divisor);
  total_of(context, d, sums.values, 1, value);
  if (dz == nullptr) return;
  const WeightedRows rows = log_sum_exp_rows(context, columns, divisor, sums);
  turn(context, plain(n, d, rows, columns.width, 1 / divisor, dz));
}

}  // namespace
}  // namespace gramian

gramian_status gramian_off_diagonal_absolute(
    gramian_context* context, int64_t n, int64_t d, const float* z, float scale, double* value, float* dz) {
  return gramian::guarded([&] {
    context->begin();
    gramian::absolute(context, n, d, z, scale, value, dz);
  });
}

gramian_status gramian_off_diagonal_exponential(
    gramian_context* context, int64_t n, int64_t d, const float* z, float scale, float tau, double* value, float* dz) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    with_precision(context, [&](auto mode) {
      exponential<decltype(mode)>(context, n, d, z, static_cast<double>(scale) * tau, value, dz);
    });
  });
}
