// VICReg on the device: gramian/epilogue/vicreg.h. Per view, with zc the centred columns, v their variance (float64):
//   features   sum_{i != j} F_ij^2 with F = zc^T zc,             dz += zc offdiag(F)                  3 n d^2 FLOP
//   samples    ||K||^2 / (n-1)^2 - sum_j v_j^2 with K = zc zc^T, dz += K zc - (n-1) zc o v            3 n^2 d FLOP
// Both views' Grams are one launch over the upper triangles. K goes into the product without its diagonal, which is
// added in float32; the rest of the gradient is the product's epilogue. Memory: the padded views twice, and splits + 1
// times the Grams of the side.
#include "gram/merge_grams.h"
#include "gram/precisions.h"
#include "gramian/covariance.h"
#include "losses/gram_gradient.h"
#include "losses/vicreg_columns.h"

namespace gramian {
namespace {

template <typename Mode>
struct VicReg {
  gramian_context* context;
  int64_t n, d;
  VicRegEpilogue epilogue;
  bool samples;
  int64_t width = padded_width(d);
  float* x = context->scratch<float>(2 * n * width);  // both views, centred

  // Of view v, rows of samples or of features.
  Operand<Mode> rows_of(int view) const { return lay_out<Mode>(context, n, d, x + view * n * width, width); }
  Operand<Mode> columns_of(int view) const {
    return lay_out_transposed<Mode>(context, n, d, x + view * n * width, width);
  }

  MergedGrams<Mode> grams(bool operands) const {
    if (!samples) {
      const Operand<Mode> columns = lay_out_transposed<Mode>(context, n, d, x, width, 2);
      return merge_grams<Mode>(context, gram<Mode>(context, "vicreg_grams", columns, 2), 2, false, false, operands);
    }
    const Operand<Mode> both = lay_out<Mode>(context, 2 * n, d, x, width);
    const Operand<Mode> rows = {both.rows, n, width};
    return merge_grams<Mode>(context, gram<Mode>(context, "vicreg_grams", rows, 2), 2, false, true, operands);
  }

  void run(const float* const (&z)[2], float* const (&dz)[2], double* terms) const {
    vicreg::View views[2];
    for (int v = 0; v < 2; ++v) {
      views[v] = vicreg::centered(context, n, d, width, z[v], z[1 - v], dz[v], x + v * n * width);
    }
    const MergedGrams<Mode> merged = grams(dz[0] != nullptr);
    for (int v = 0; v < 2; ++v) views[v].sums = merged.sums[v];
    const double degrees = static_cast<double>(n - 1);
    const vicreg::Covariance covariance = {merged.blocks, 1 / (degrees * degrees), samples};
    vicreg::column_terms(context, epilogue, views, covariance, terms);
    for (int v = 0; v < 2 && dz[v] != nullptr; ++v) {
      const GramGradient p = {n, d, width, static_cast<float>(epilogue.decorrelate()),
          samples ? merged.diagonal[v] : nullptr, views[v].x, views[v].x, views[v].weight, dz[v]};
      const Pull pull = {static_cast<float>(epilogue.pull()), z[v], z[1 - v]};
      plain_gradient(context, "vicreg_gradient", samples ? merged.off_diagonal[v] : rows_of(v),
          samples ? columns_of(v) : merged.off_diagonal[v], p, pull);
    }
  }
};

}  // namespace
}  // namespace gramian

gramian_status gramian_vicreg(gramian_context* context, int64_t n, int64_t d, const float* x, const float* y,
    float invariance, float variance, float covariance, float eps, float gamma, float hinge, int32_t side,
    double* terms, float* dx, float* dy) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    with_precision(context, [&](auto mode) {
      const VicReg<decltype(mode)> call = {context, n, d,
          {n, d, invariance, variance, covariance, eps, gamma, hinge}, side == GRAMIAN_GRAM_SAMPLES};
      call.run({x, y}, {dx, dy}, terms);
    });
  });
}
