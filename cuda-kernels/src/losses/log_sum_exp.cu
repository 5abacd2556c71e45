#include "losses/log_sum_exp.h"

#include "gram/exponential_sums.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;

float scale_of(double tau) { return static_cast<float>(1.4426950408889634 / tau); }

// Every other row, with a shift per row.
SoftmaxTerms terms_of(int64_t rows, double tau) { return {Pairs::of_different_images(rows), true, scale_of(tau)}; }

// One thread per row: the splits in their order.
__global__ void __launch_bounds__(kThreads) finish_log_sums(int64_t rows, const ExponentialSum* __restrict__ partial,
    int splits, float scale, double tau, float* __restrict__ shift, float* __restrict__ inverse,
    double* __restrict__ values) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= rows) return;
  ExponentialSum row = partial[i];
  for (int s = 1; s < splits; ++s) row = merged(row, partial[s * rows + i], scale);
  shift[i] = row.top;
  inverse[i] = static_cast<float>(1 / row.sum);
  values[i] = log(row.sum) + row.top / tau;
}

}  // namespace

template <typename Mode>
LogSumExps log_sum_exps(gramian_context* context, const Operand<Mode>& x, double tau) {
  const ExponentialSums sums =
      exponential_sums_of<Mode>(context, "log_sum_exp_sums", x, x, terms_of(x.count, tau));
  float* shift = context->scratch<float>(x.count);
  float* inverse = context->scratch<float>(x.count);
  double* values = context->scratch<double>(x.count);
  launch(context->stream, {"finish_log_sums", static_cast<unsigned>((x.count + kThreads - 1) / kThreads), kThreads},
      finish_log_sums, x.count, sums.partial, sums.splits, scale_of(tau), tau, shift, inverse, values);
  return {shift, inverse, values};
}

template <typename Mode>
WeightedRows log_sum_exp_rows(
    gramian_context* context, const Operand<Mode>& x, double tau, const LogSumExps& of) {
  const SoftmaxWeights weights = {of.shift, of.inverse, of.shift, of.inverse};
  return weighted_rows_of<Mode>(context, "log_sum_exp_rows", x, x, terms_of(x.count, tau), weights);
}

#define GRAMIAN_LOG_SUM_EXP(Mode)                                                              \
  template LogSumExps log_sum_exps<Mode>(gramian_context*, const Operand<Mode>&, double);      \
  template WeightedRows log_sum_exp_rows<Mode>(gramian_context*, const Operand<Mode>&, double, \
      const LogSumExps&);
GRAMIAN_LOG_SUM_EXP(tile::Float32)
GRAMIAN_LOG_SUM_EXP(tile::Tf32)
GRAMIAN_LOG_SUM_EXP(tile::Bfloat16)

}  // namespace gramian
