// NT-Xent of several views at once on the device. Formula: gramian/epilogue/multi_view_nt_xent.h; loops, FLOP and
// memory: view_contrast.h, and (M, views) products and pulls.
#include "gramian/epilogue/multi_view_nt_xent.h"

#include "gram/precisions.h"
#include "gramian/contrastive.h"
#include "losses/view_contrast.h"

namespace gramian {
namespace {

struct MultiViewRow {
  int64_t views, n;
  const double* positive;  // (M, views)
  double temperature;
  float* pull;  // (M, views); nothing reads that of a row to itself

  __device__ __forceinline__ RowLoss operator()(int64_t i, double negatives, double shift) const {
    const double* s = positive + i * views;
    const int64_t view = i / n;
    const double positives = multi_view_nt_xent::log_positives(s, views, view, shift, temperature);
    const nt_xent::Row row = nt_xent::row(negatives, positives);
    for (int64_t v = 0; v < views; ++v) {
      const double share = multi_view_nt_xent::share(s[v], shift, temperature, positives);
      pull[i * views + v] = v == view ? 0.0f : static_cast<float>(row.miss * share);
    }
    return {row.loss, row.inverse, row.miss};
  }
};

}  // namespace
}  // namespace gramian

gramian_status gramian_multi_view_nt_xent(gramian_context* context, int64_t views, int64_t n, int64_t d, int64_t stride,
    const gramian_input* z, float temperature, double* loss, const gramian_output* dz) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    with_precision(context, [&](auto mode) {
      ViewContrast<decltype(mode)> call(
          context, {views, n, d, stride}, temperature, RowRule::unit, similarity::kCosine);
      call.take(z);
      float* pull = context->scratch<float>(views * n * views);
      call.value(MultiViewRow{views, n, call.all_positives(), temperature, pull}, views * n, loss);
      if (dz != nullptr) call.gradient(pull, dz);
    });
  });
}
