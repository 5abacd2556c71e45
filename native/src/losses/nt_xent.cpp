// NT-Xent on the CPU. Formula: gramian/epilogue/nt_xent.h; loops, FLOP and memory: view_contrast.h.
#include "gramian/nt_xent.h"

#include "core/status.h"
#include "losses/view_contrast.h"

namespace gramian {
namespace {

struct NtXentRow {
  double temperature;

  RowLoss operator()(int64_t view, int64_t, double negatives, double shift, const double* s, float* pull) const {
    const nt_xent::Row row = nt_xent::row(negatives, (s[1 - view] - shift) / temperature);
    pull[1 - view] = static_cast<float>(row.miss);
    return {row.loss, row.inverse};
  }
};

}  // namespace
}  // namespace gramian

gramian_status gramian_nt_xent_value(gramian_context* context, int64_t n, int64_t d, const float* za, const float* zb,
    float temperature, double* loss) {
  return gramian_nt_xent_value_and_gradient(
      context, n, d, za, zb, temperature, 1, 0, 0, loss, nullptr, nullptr);
}

gramian_status gramian_nt_xent_value_and_gradient(gramian_context* context, int64_t n, int64_t d, const float* za,
    const float* zb, float temperature, float weight, float beta_a, float beta_b, double* loss, float* dza,
    float* dzb) {
  return gramian::guarded([&] {
    context->begin();
    gramian::ViewContrast call(
        context, {2, n, d, d}, temperature, gramian::RowRule::unit, gramian::similarity::kCosine);
    const gramian_input z[2] = {za, zb};
    call.take(z);
    *loss = call.value(gramian::NtXentRow{temperature}, 2 * n);
    if (dza == nullptr) return;
    const float beta[2] = {beta_a, beta_b};
    const gramian_output dz[2] = {dza, dzb};
    call.gradient(weight, beta, dz);
  });
}
