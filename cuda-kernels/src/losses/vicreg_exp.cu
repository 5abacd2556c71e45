// VICReg-exp and VICReg-ctr on the device: gramian/epilogue/vicreg_exp.h. Per view 2 n d^2 FLOP forward and 4 n d^2
// backward (n <= 128; the covariance is computed anew for every 128 samples); VICReg-ctr with n and d exchanged, on
// transposed copies. The covariances, Gram of the centred columns as rows of features, are never stored. Memory: the
// views twice, and (splits, d, n) partial gradients.
#include "gramian/epilogue/vicreg_exp.h"

#include "gram/precisions.h"
#include "gramian/decorrelation.h"
#include "losses/log_sum_exp.h"
#include "losses/turned.h"
#include "losses/vicreg_columns.h"

namespace gramian {
namespace {

struct Views {
  int64_t n, d;
  const float* z[2];
  float* dz[2];
};

template <typename Mode>
void vicreg_exp(gramian_context* context, const Views& of, const VicRegEpilogue& columns, double tau, double* terms) {
  const int64_t n = of.n;
  const int64_t d = of.d;
  const int64_t width = padded_width(d);
  const double divisor = static_cast<double>(n - 1) * tau;
  const VicRegExpEpilogue epilogue = {d, columns.covariance};
  Operand<Mode> operand[2];
  LogSumExps sums[2];
  vicreg::View views[2];
  for (int v = 0; v < 2; ++v) {
    float* x = context->scratch<float>(n * width);
    views[v] = vicreg::centered(context, n, d, width, of.z[v], of.z[1 - v], of.dz[v], x);
    operand[v] = lay_out_transposed<Mode>(context, n, d, views[v].x, width);
    sums[v] = log_sum_exps(context, operand[v], divisor);
    views[v].sums = sums[v].values;
  }
  vicreg::column_terms(context, columns, views, {d, 1, false}, terms);
  for (int v = 0; v < 2 && of.dz[v] != nullptr; ++v) {
    const WeightedRows rows = log_sum_exp_rows(context, operand[v], divisor, sums[v]);
    turn(context,
        {n, d, rows.splits, operand[v].width, rows.partial, static_cast<float>(epilogue.slope() / divisor), views[v].x,
            width, views[v].weight, static_cast<float>(columns.pull()), views[v].z, views[v].other, of.dz[v]});
  }
}

// Numbers of both functions.
struct Weights {
  float invariance, variance, covariance, eps, gamma, hinge, tau;
};

void run(gramian_context* context, const Views& views, const Weights& w, double* terms) {
  const VicRegEpilogue columns = {
      views.n, views.d, w.invariance, w.variance, w.covariance, w.eps, w.gamma, w.hinge};
  with_precision(
      context, [&](auto mode) { vicreg_exp<decltype(mode)>(context, views, columns, w.tau, terms); });
}

}  // namespace
}  // namespace gramian

gramian_status gramian_vicreg_exp(gramian_context* context, int64_t n, int64_t d, const float* x, const float* y,
    float invariance, float variance, float covariance, float eps, float gamma, float hinge, float tau, double* terms,
    float* dx, float* dy) {
  return gramian::guarded([&] {
    context->begin();
    gramian::run(context, {n, d, {x, y}, {dx, dy}}, {invariance, variance, covariance, eps, gamma, hinge, tau}, terms);
  });
}

gramian_status gramian_vicreg_ctr(gramian_context* context, int64_t n, int64_t d, const float* x, const float* y,
    float invariance, float variance, float covariance, float eps, float gamma, float hinge, float tau, double* terms,
    float* dx, float* dy) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const float* const z[2] = {x, y};
    float* const dz[2] = {dx, dy};
    float* t[2];
    float* dt[2];
    for (int v = 0; v < 2; ++v) {
      t[v] = context->scratch<float>(n * d);
      dt[v] = dx == nullptr ? nullptr : context->scratch<float>(n * d);
      transpose(context, n, d, z[v], t[v]);
    }
    run(context, {d, n, {t[0], t[1]}, {dt[0], dt[1]}}, {invariance, variance, covariance, eps, gamma, hinge, tau},
        terms);
    for (int v = 0; v < 2 && dx != nullptr; ++v) transpose(context, d, n, dt[v], dz[v]);
  });
}
