// Off-diagonal penalty of the feature Gram F = z^T z:
//   P = sum_{i != j} (F_ij / scale)^2,  dP/dz = (4 / scale^2) z offdiag(F)
// and on the sample side, with column norms |z_j|:
//   sum_{i != j} F_ij^2 = ||z z^T||^2 - sum_j |z_j|^4,  z offdiag(F) = (z z^T) z - z o |z_j|^2
#include "core/context.h"
#include "core/status.h"
#include "gram/feature_gram.h"
#include "gram/sample_gram.h"
#include "gramian/covariance.h"

namespace gramian {
namespace {

double on_samples(gramian_context* context, int64_t n, int64_t d, const float* z, double coefficient, float* dz) {
  double* squares = context->scratch<double>(d);
  float* weight = context->scratch<float>(d);
  SampleGram gram(context, n, d, 1);
  gram.accumulate([&](Range columns, float* const* x) {
    double* at = squares + columns.begin;
    GRAMIAN_SIMD(columns_load)(n, columns.size, z + columns.begin, d, x[0], gram.stride(), at);
    GRAMIAN_SIMD(columns_dot)(n, columns.size, x[0], gram.stride(), x[0], gram.stride(), at);
  });
  double sum = gram.pair(0, 0);
  for (int64_t j = 0; j < d; ++j) {
    sum -= squares[j] * squares[j];
    weight[j] = static_cast<float>(-coefficient * squares[j]);
  }
  if (dz == nullptr) return sum;
  const Blocks blocks = gram.backward_blocks();
  const int64_t ld = padded(blocks.size());
  float* scratch = context->scratch<float>(context->threads * n * ld);
  for_each_block(context->threads, blocks, [&](int thread, Range columns) {
    float* p = scratch + thread * n * ld;
    const float* x = z + columns.begin;
    gram.times(0, columns.size, x, d, p, ld);
    GRAMIAN_SIMD(columns_combine)
    (n, columns.size, static_cast<float>(coefficient), p, ld, x, d, weight + columns.begin, 0, nullptr, nullptr, 0,
        dz + columns.begin, d);
  });
  return sum;
}

}  // namespace
}  // namespace gramian

gramian_status gramian_off_diagonal_penalty(gramian_context* context, int64_t n, int64_t d, const float* z, float scale,
    int32_t side, double* value, float* dz) {
  return gramian::guarded([&] {
    context->begin();
    const double square = static_cast<double>(scale) * scale;
    if (n == 0 || d == 0) {
      *value = 0;
    } else if (side == GRAMIAN_GRAM_SAMPLES) {
      *value = gramian::on_samples(context, n, d, z, 4 / square, dz) / square;
    } else {
      gramian::FeatureGram gram(context, n, d, dz != nullptr);
      const gramian::Panel panel{z, d};
      gram.self(&panel, static_cast<float>(4 / square), &dz, value, [](int64_t, gramian::Range) {});
      *value /= square;
    }
  });
}
