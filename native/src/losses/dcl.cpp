// DCL and DCLW. Formula: gramian/epilogue/dcl.h; loops: view_contrast.h.
#include "gramian/epilogue/dcl.h"

#include "core/status.h"
#include "gramian/contrastive.h"
#include "losses/view_contrast.h"

namespace gramian {
namespace {

struct DclRow {
  double temperature;
  const double* weight;  // (n)
  const double* extra;   // (n) what the weights' gradient adds to the pull

  RowLoss operator()(int64_t view, int64_t image, double negatives, double shift, const double* s, float* pull) const {
    const double positive = s[1 - view];
    pull[1 - view] = static_cast<float>(weight[image] + extra[image]);
    return {dcl::loss(negatives, shift, positive, weight[image], temperature), 1 / negatives};
  }
};

// weight = 2 - n softmax(s / sigma), and the gradient through it when that is wanted.
void weigh_positives(const ViewContrast& call, int64_t n, double sigma, bool through, double* weight, double* extra) {
  double most = -INFINITY;
  for (int64_t i = 0; i < n; ++i) most = call.positive(i, 1) > most ? call.positive(i, 1) : most;
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += exp((call.positive(i, 1) - most) / sigma);
  double mean = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double q = exp((call.positive(i, 1) - most) / sigma) / sum;
    weight[i] = 2 - static_cast<double>(n) * q;
    mean += q * call.positive(i, 1);
  }
  for (int64_t i = 0; through && i < n; ++i) {
    const double q = (2 - weight[i]) / static_cast<double>(n);
    extra[i] = dcl::weight_pull(static_cast<double>(n), q, call.positive(i, 1), mean, sigma);
  }
}

}  // namespace
}  // namespace gramian

gramian_status gramian_dcl(gramian_context* context, int64_t n, int64_t d, const float* za, const float* zb,
    float temperature, float sigma, int32_t weighted, int32_t authors, double* loss, float* dza, float* dzb) {
  return gramian::guarded([&] {
    context->begin();
    const gramian::RowRule rule = authors != 0 ? gramian::RowRule::none : gramian::RowRule::unit;
    gramian::ViewContrast call(context, {2, n, d, d}, temperature, rule, gramian::similarity::kCosine);
    const gramian_input z[2] = {za, zb};
    call.take(z);
    double* weight = context->scratch<double>(n);
    double* extra = context->scratch<double>(n);
    std::fill_n(weight, n, 1.0);
    std::fill_n(extra, n, 0.0);
    if (weighted != 0) gramian::weigh_positives(call, n, sigma, authors != 0, weight, extra);
    *loss = call.value(gramian::DclRow{temperature, weight, extra}, authors != 0 ? n : 2 * n);
    if (dza == nullptr) return;
    const gramian_output dz[2] = {dza, dzb};
    call.gradient(1, nullptr, dz);
  });
}
