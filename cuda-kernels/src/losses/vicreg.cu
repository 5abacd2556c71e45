// VICReg on the device: gramian/epilogue/vicreg.h. Per view, with zc the centred columns, v their variance (float64):
//   features   sum_{i != j} F_ij^2 with F = zc^T zc,             dz += zc offdiag(F)                  4 n d^2 FLOP
//   samples    ||K||^2 / (n-1)^2 - sum_j v_j^2 with K = zc zc^T, dz += K zc - (n-1) zc o v            4 n^2 d FLOP
// K goes into the product without its diagonal, which is added in float32. Memory: the padded views twice, and
// splits + 1 times the Gram of the side.
#include "gram/merge.h"
#include "gram/precisions.h"
#include "gramian/covariance.h"
#include "losses/gram_gradient.h"
#include "losses/vicreg_columns.h"

namespace gramian {
namespace {

// A view's Gram with its diagonal apart: the right side of its gradient.
struct Gram {
  float* off_diagonal;
  float* diagonal;  // null on the feature side
};

template <typename Mode>
struct VicReg {
  gramian_context* context;
  int64_t n, d;
  VicRegEpilogue epilogue;
  bool samples;
  vicreg::View views[2];
  int64_t width = padded_width(d);
  int64_t rows = samples ? n : d;  // of the Gram
  int64_t ld = padded_width(rows);

  Gram gram(vicreg::View& v) const {
    v = vicreg::centered(context, n, d, width, v.z, v.other, v.dz);
    double* squares = context->scratch<double>(rows);
    v.sums = squares;
    const Operand<Mode> operand = samples ? lay_out<Mode>(context, n, d, v.x, width)
                                          : lay_out_transposed<Mode>(context, n, d, v.x, width);
    const Product p = product<Mode>(context, "vicreg_gram", operand, operand);
    const Merge merged = {p, p, 1, samples, context->scratch<float>(rows * ld), nullptr, ld,
        samples ? context->scratch<float>(rows) : nullptr, nullptr, squares};
    merge(context, merged);
    return {merged.first, merged.first_diagonal};
  }

  void gradient(const vicreg::View& v, const Gram& of) const {
    const Operand<Mode> whole = lay_out<Mode>(context, rows, rows, of.off_diagonal, ld);
    const Product p = samples ? product<Mode>(context, "vicreg_gradient", whole,
                                    lay_out_transposed<Mode>(context, n, d, v.x, width))
                              : product<Mode>(context, "vicreg_gradient", lay_out<Mode>(context, n, d, v.x, width),
                                    whole);
    const GramGradient du = {
        n, d, width, p, static_cast<float>(epilogue.decorrelate()), of.diagonal, v.x, v.x, v.weight};
    finish_plain(context, du, static_cast<float>(epilogue.pull()), v.z, v.other, v.dz);
  }

  void run(double* terms) {
    const Gram grams[2] = {gram(views[0]), gram(views[1])};
    const double degrees = static_cast<double>(n - 1);
    vicreg::column_terms(context, epilogue, views, {rows, 1 / (degrees * degrees), samples}, terms);
    for (int view = 0; view < 2 && views[view].dz != nullptr; ++view) gradient(views[view], grams[view]);
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
      VicReg<decltype(mode)> call = {context, n, d, {n, d, invariance, variance, covariance, eps, gamma, hinge},
          side == GRAMIAN_GRAM_SAMPLES, {{x, y, dx, {}, {}, {}, {}}, {y, x, dy, {}, {}, {}, {}}}};
      call.run(terms);
    });
  });
}
