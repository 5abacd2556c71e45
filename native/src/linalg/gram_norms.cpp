// Trace and squared Frobenius norm of a Gram matrix, math.md section 8: tr K = sum of eigenvalues, ||K||_F^2 = sum of
// their squares, so that (tr K)^2 / ||K||_F^2 is the participation ratio. Column squares in float64, the Gram float32
// with float64 sums: relative error about 1e-6. FLOP: n^2 d on the sample side, n d^2 on the feature side.
#include "core/context.h"
#include "core/status.h"
#include "gram/columns.h"
#include "gram/feature_gram.h"
#include "gram/sample_gram.h"
#include "gramian/covariance.h"
#include "gramian/spectra.h"
#include "linalg/spectrum.h"

namespace gramian {
namespace {

constexpr int64_t kBlock = 128;  // columns of one unit of work

// The matrix whose Gram is wanted: scale_i z_ik - mean_k.
struct Prepared {
  int64_t n, d;
  const float* z;
  const double* scale;  // n
  const double* mean;   // d
  double* squares;      // d: column sums of squares

  void columns(Range block, float* x, int64_t ld) const {
    GRAMIAN_SIMD(narrow_columns)(n, d, block.begin, block.begin + block.size, z, scale, mean, x, ld);
    GRAMIAN_SIMD(columns_dot)(n, block.size, x, ld, x, ld, squares + block.begin);
  }
};

Prepared prepare(gramian_context* context, int64_t n, int64_t d, const float* z, bool normalize, bool center) {
  double* scale = context->scratch<double>(n);
  double* mean = context->scratch<double>(d);
  for (int64_t i = 0; i < n; ++i) scale[i] = 1;
  for (int64_t k = 0; k < d; ++k) mean[k] = 0;
  if (normalize) GRAMIAN_SIMD(row_scales)(context->threads, n, d, z, scale);
  if (center) {
    for_each_block(context->threads, Blocks(d, kBlock), [&](int, Range c) {
      GRAMIAN_SIMD(scaled_means)(n, d, c.begin, c.begin + c.size, z, scale, mean);
    });
  }
  return {n, d, z, scale, mean, context->scratch<double>(d)};
}

void norms_of(gramian_context* context, const Prepared& in, bool samples, double* norms) {
  norms[0] = 0;
  if (samples) {
    SampleGram gram(context, in.n, in.d, 1);
    gram.accumulate([&](Range block, float* const* x) { in.columns(block, x[0], gram.stride()); });
    norms[1] = gram.pair(0, 0);
    for (int64_t k = 0; k < in.d; ++k) norms[0] += in.squares[k];
    return;
  }
  const int64_t ld = padded(in.d);
  float* x = context->scratch<float>(in.n * ld);
  for_each_block(
      context->threads, Blocks(in.d, kBlock), [&](int, Range block) { in.columns(block, x + block.begin, ld); });
  FeatureGram gram(context, in.n, in.d, false);
  const Panel panel{x, ld};
  gram.self(&panel, 1, nullptr, &norms[1], [](int64_t, Range) {});
  for (int64_t k = 0; k < in.d; ++k) {
    norms[0] += in.squares[k];
    norms[1] += in.squares[k] * in.squares[k];
  }
}

}  // namespace
}  // namespace gramian

gramian_status gramian_gram_norms(gramian_context* context, int64_t n, int64_t d, const float* z, int32_t normalize,
    int32_t center, int32_t side, double* norms) {
  return gramian::guarded([&] {
    context->begin();
    norms[0] = norms[1] = 0;
    if (n == 0 || d == 0) return;
    gramian::norms_of(
        context, gramian::prepare(context, n, d, z, normalize != 0, center != 0), side == GRAMIAN_GRAM_SAMPLES, norms);
  });
}
