// NT-Xent of several views at once. Formula: gramian/epilogue/multi_view_nt_xent.h; loops: view_contrast.h.
#include "gramian/epilogue/multi_view_nt_xent.h"

#include "core/status.h"
#include "gramian/contrastive.h"
#include "losses/view_contrast.h"

namespace gramian {
namespace {

struct MultiViewRow {
  int64_t views;
  double temperature;

  RowLoss operator()(int64_t view, int64_t, double negatives, double shift, const double* s, float* pull) const {
    const double positives = multi_view_nt_xent::log_positives(s, views, view, shift, temperature);
    const nt_xent::Row row = nt_xent::row(negatives, positives);
    for (int64_t v = 0; v < views; ++v) {
      if (v == view) continue;
      pull[v] = static_cast<float>(row.miss * multi_view_nt_xent::share(s[v], shift, temperature, positives));
    }
    return {row.loss, row.inverse};
  }
};

}  // namespace
}  // namespace gramian

gramian_status gramian_multi_view_nt_xent(gramian_context* context, int64_t views, int64_t n, int64_t d, int64_t stride,
    const gramian_input* z, float temperature, double* loss, const gramian_output* dz) {
  return gramian::guarded([&] {
    context->begin();
    gramian::ViewContrast call(
        context, {views, n, d, stride}, temperature, gramian::RowRule::unit, gramian::similarity::kCosine);
    call.take(z);
    *loss = call.value(gramian::MultiViewRow{views, temperature}, views * n);
    if (dz != nullptr) call.gradient(1, nullptr, dz);
  });
}
