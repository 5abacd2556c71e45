// NT-Xent on the device. Formula: gramian/epilogue/nt_xent.h; loops, FLOP and memory: view_contrast.h.
#include "gramian/nt_xent.h"

#include "gram/precisions.h"
#include "losses/view_contrast.h"

namespace gramian {
namespace {

struct Gradients {
  float weight;
  float beta[2];
  gramian_output dz[2];
};

gramian_status run(gramian_context* context, int64_t n, int64_t d, const float* za, const float* zb, float temperature,
    double* loss, const Gradients* to) {
  return guarded([&] {
    context->begin();
    const gramian_input z[2] = {za, zb};
    with_precision(context, [&](auto mode) {
      ViewContrast<decltype(mode)> call(context, {2, n, d, d}, temperature, RowRule::unit, similarity::kCosine);
      call.take(z);
      call.value(NtXentRow{n, call.positives(), 1.0 / temperature}, 2 * n, loss);
      if (to != nullptr) call.gradient(to->weight, to->beta, to->dz);
    });
  });
}

}  // namespace
}  // namespace gramian

gramian_status gramian_nt_xent_value(gramian_context* context, int64_t n, int64_t d, const float* za, const float* zb,
    float temperature, double* loss) {
  return gramian::run(context, n, d, za, zb, temperature, loss, nullptr);
}

gramian_status gramian_nt_xent_value_and_gradient(gramian_context* context, int64_t n, int64_t d, const float* za,
    const float* zb, float temperature, float weight, float beta_a, float beta_b, double* loss, float* dza,
    float* dzb) {
  const gramian::Gradients gradients = {weight, {beta_a, beta_b}, {dza, dzb}};
  return gramian::run(context, n, d, za, zb, temperature, loss, &gradients);
}
