// VICReg-exp and VICReg-ctr: epilogue/vicreg_exp.h. Per view, n d^2 FLOP forward and 3 n d^2 backward (2 n d^2 while
// the covariance fits one strip); VICReg-ctr with n and d exchanged, on transposed copies. Scratch: two centred copies,
// a strip of 512 rows of the covariance, and 12 bytes per item and tile of it. Covariances are never stored whole.
#include "gramian/epilogue/vicreg_exp.h"

#include "core/context.h"
#include "core/status.h"
#include "gram/log_sum_exp.h"
#include "gramian/decorrelation.h"
#include "linalg/transpose.h"
#include "losses/vicreg_columns.h"

namespace gramian {
namespace {

using vicreg::Columns;
using vicreg::View;

void vicreg_exp(gramian_context* context, const Columns& in, const VicRegEpilogue& columns, double tau, double* terms) {
  const int64_t d = in.d;
  const int64_t ld = padded(d);
  float* panel[2] = {context->scratch<float>(in.n * ld), context->scratch<float>(in.n * ld)};
  const int64_t blocks = vicreg::center_panels(context, in, panel, ld);
  vicreg::column_terms(in, columns, blocks, 0, terms);
  const VicRegExpEpilogue epilogue{d, columns.covariance};
  const float by_degrees = static_cast<float>(1 / static_cast<double>(in.n - 1));
  LogSumExp gram(context, in.n, d, by_degrees, tau, in.views[0].dz != nullptr);
  terms[2] = 0;
  for (int view = 0; view < 2; ++view) {
    const View& v = in.views[view];
    terms[2] += epilogue.value(gram.forward({panel[view], ld}));
    if (v.dz == nullptr) continue;
    gram.backward({panel[view], ld}, epilogue.slope(), v.dz, [&](Range rows) {
      const int64_t at = rows.begin * d;
      GRAMIAN_SIMD(columns_combine)
      (rows.size, d, 1, v.dz + at, d, panel[view] + rows.begin * ld, ld, v.weight,
          static_cast<float>(columns.pull()), v.z + at, v.other + at, d, v.dz + at, d);
    });
  }
}

}  // namespace
}  // namespace gramian

gramian_status gramian_vicreg_exp(gramian_context* context, int64_t n, int64_t d, const float* x, const float* y,
    float invariance, float variance, float covariance, float eps, float gamma, float hinge, float tau, double* terms,
    float* dx, float* dy) {
  return gramian::guarded([&] {
    context->begin();
    const gramian::VicRegEpilogue columns{n, d, invariance, variance, covariance, eps, gamma, hinge};
    gramian::vicreg_exp(
        context, gramian::vicreg::columns_of_call(context, n, d, x, y, dx, dy), columns, tau, terms);
  });
}

gramian_status gramian_vicreg_ctr(gramian_context* context, int64_t n, int64_t d, const float* x, const float* y,
    float invariance, float variance, float covariance, float eps, float gamma, float hinge, float tau, double* terms,
    float* dx, float* dy) {
  using gramian::transpose;
  return gramian::guarded([&] {
    context->begin();
    const bool gradient = dx != nullptr;
    float* t = context->scratch<float>((gradient ? 4 : 2) * n * d);
    float* dt = gradient ? t + 2 * n * d : nullptr;
    transpose(context->threads, n, d, x, t);
    transpose(context->threads, n, d, y, t + n * d);
    const gramian::VicRegEpilogue columns{d, n, invariance, variance, covariance, eps, gamma, hinge};
    gramian::vicreg_exp(context,
        gramian::vicreg::columns_of_call(context, d, n, t, t + n * d, dt, gradient ? dt + n * d : nullptr), columns,
        tau, terms);
    if (!gradient) return;
    transpose(context->threads, d, n, dt, dx);
    transpose(context->threads, d, n, dt + n * d, dy);
  });
}
