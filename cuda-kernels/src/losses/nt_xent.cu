// NT-Xent on the device: normalise, positives, negatives by the Gram loop, loss; then weights by the Gram loop, row
// gradients. Formulas: gramian/epilogue/nt_xent.h.
//
// M = 2n rows. FLOP: 2 M^2 d forward, 4 M^2 d backward (for d <= 128). Memory: u and, in TF32 and bf16, its rounded
// copy; O(splits M) statistics; (splits, M, d) partial gradients, at most 5 splits at M = 8192 and 1 from 33792 on.
#include "gramian/nt_xent.h"

#include "gram/precisions.h"
#include "gramian/epilogue/nt_xent.h"
#include "losses/normalize.h"
#include "losses/softmax_rows.h"

namespace gramian {
namespace {

struct Gradients {
  float weight;
  float beta[2];
  float* dz[2];
};

template <typename Mode>
void nt_xent_loss(gramian_context* context, int64_t n, int64_t d, const float* const z[2], float temperature,
    double* loss, const Gradients* to) {
  const int64_t m = 2 * n;
  const int64_t width = padded_width(d);
  const float scale = exponent_scale(temperature);
  const bool shifted = !(temperature >= nt_xent::kFixedShiftTemperature);
  const Pairs negatives = {true, static_cast<int>(n)};
  float* u = context->scratch<float>(m * width);
  float* norm = context->scratch<float>(m);
  double* positive = context->scratch<double>(n);
  for (int view = 0; view < 2; ++view) {
    normalize_rows(context, n, d, z[view], d, kNormEps, width, u + view * n * width, norm + view * n);
  }
  const Operand<Mode> rows = lay_out<Mode>(context, m, d, u, width);
  positives(context, n, width, u, u + n * width, nullptr, positive);
  const ExponentialSums sums =
      exponential_sums_of<Mode>(context, "nt_xent_exponential_sums", rows, rows, negatives, shifted, scale);
  const SoftmaxRows of = softmax_rows(context, m);
  row_statistics(context, sums, n, positive, shifted, temperature, scale, 1, of);
  mean_of(context, m, of.loss, 1, loss);
  if (to == nullptr) return;
  const WeightedRows weighted = weighted_rows_of<Mode>(context, "nt_xent_weighted_rows", rows, rows, negatives,
      {of.shift, of.inverse, of.shift, of.inverse}, shifted, scale);
  const float factor = static_cast<float>(to->weight / (static_cast<double>(m) * temperature));
  for (int view = 0; view < 2; ++view) {
    const int64_t own = view * n;
    const int64_t other = n - own;
    row_gradient(context, {n, d, width, weighted.splits, m * width, weighted.partial + own * width, u + own * width,
                              u + other * width, nullptr, of.miss + own, of.miss + other, norm + own, factor, kNormEps,
                              to->beta[view], d, to->dz[view], nullptr});
  }
}

gramian_status run(gramian_context* context, int64_t n, int64_t d, const float* za, const float* zb, float temperature,
    double* loss, const Gradients* gradients) {
  return guarded([&] {
    context->begin();
    const float* const z[2] = {za, zb};
    with_precision(context,
        [&](auto mode) { nt_xent_loss<decltype(mode)>(context, n, d, z, temperature, loss, gradients); });
  });
}

}  // namespace
}  // namespace gramian

gramian_status gramian_nt_xent_value(gramian_context* context, int64_t n, int64_t d, const float* za, const float* zb,
    float temperature, double* loss) {
  return gramian::run(context, n, d, za, zb, temperature, loss, nullptr);
}

gramian_status gramian_nt_xent_value_and_gradient(gramian_context* context, int64_t n, int64_t d, const float* za,
    const float* zb, float temperature, float weight, float beta_a, float beta_b, double* loss, float* dza,
    float* dzb) {
  const gramian::Gradients gradients = {weight, {beta_a, beta_b}, {dza, dzb}};
  return gramian::run(context, n, d, za, zb, temperature, loss, &gradients);
}
