// W-MSE (Ermolov et al. 2021, arXiv 2007.06346, section 3) on the device, with the slices and permutations of the
// authors' code: every iteration gathers the rows of views x slices matrices, whitens them in one batch, compares the
// views row by row, and whitens backwards. Memory: 4 V n d floats and what the method needs for V n / window slices,
// whatever the number of iterations. A slice with NaN or without full rank gives NaN everywhere; the latter is an error
// where errors are waited for (whitening.cu).
#include "gramian/whitening.h"

#include <string>
#include <vector>

#include "losses/bad_slice.h"
#include "losses/w_mse_rows.h"
#include "losses/whitening_slices.h"

namespace gramian {
namespace {

struct WMse {
  w_mse::Views views;
  whitening::Slices slices;  // slice s of view v is entry v (n / window) + s
  int32_t method, steps;
  float *x, *y;    // (views, n, d)
  float* dy;       // the same, or null
  float* w;        // (entries, d, d)
  double* roots;   // (entries, d), or null
  BadPivot* bad;   // (entries)
  double* poison;  // (1)

  void whiten() const { whitening::whiten(slices, {method, steps}, x, y, w, roots, bad); }

  void whiten_backward() const { whitening::whiten_backward(slices, {method, steps}, x, y, w, roots, dy, dy); }

  // Fails for a singular slice; one with NaN is no error but an answer. Slices in order, then views.
  void refuse_singular(int64_t iteration) const {
    std::vector<BadPivot> pivots(static_cast<size_t>(slices.count));
    if (!whitening::wait_for(slices, bad, pivots.data())) return;
    const int64_t each = slices.count / views.views;
    for (int64_t t = 0; t < slices.count; ++t) {
      const int64_t v = t % views.views;
      const BadPivot& pivot = pivots[static_cast<size_t>(v * each + t / views.views)];
      if (pivot.column < 0 || pivot.value != pivot.value) continue;
      const std::string where = "slice " + std::to_string(t / views.views) + " of view " + std::to_string(v) +
                                " (iteration " + std::to_string(iteration) + ")";
      GRAMIAN_FAIL(GRAMIAN_NOT_POSITIVE_DEFINITE, describe(pivot, {method, slices.n, slices.d, where}));
    }
  }
};

WMse with_memory(gramian_context* context, int64_t views, int64_t n, int64_t d, int64_t window, float eps,
    int32_t method, int32_t steps, bool gradients) {
  const int64_t entries = views * (n / window);
  const int64_t size = views * n * d;
  const bool spectral = method == GRAMIAN_WHITEN_ZCA || method == GRAMIAN_WHITEN_PCA;
  return {{context, views, n, d}, {context, entries, window, d, eps}, method, steps, context->scratch<float>(size),
      context->scratch<float>(size), gradients ? context->scratch<float>(size) : nullptr,
      context->scratch<float>(entries * d * d), spectral ? context->scratch<double>(entries * d) : nullptr,
      context->scratch<BadPivot>(entries), context->scratch<double>(1)};
}

}  // namespace
}  // namespace gramian

gramian_status gramian_w_mse(gramian_context* context, int64_t views, int64_t n, int64_t d, const gramian_input* z,
    int64_t window, int64_t iterations, const int32_t* permutations, float eps, int32_t normalize, int32_t method,
    int32_t steps, int32_t one_sided, double* loss, const gramian_output* gradients) {
  using namespace gramian;
  return guarded([&] {
    const double pairs = static_cast<double>(views) * static_cast<double>(views - 1) / 2;
    const double width = normalize != 0 ? 1 : static_cast<double>(d);
    const double scale = 1 / (pairs * static_cast<double>(iterations) * static_cast<double>(n) * width);
    const w_mse::Comparison how = {normalize != 0, one_sided != 0, scale};
    for (int64_t k = 0; k < iterations; ++k) {
      context->begin();  // an iteration needs nothing of the one before but the loss and the gradients
      const WMse op = with_memory(context, views, n, d, window, eps, method, steps, gradients != nullptr);
      const int32_t* permutation = permutations + k * n;
      w_mse::gather(op.views, z, permutation, op.x);
      op.whiten();
      op.refuse_singular(k);
      w_mse::compare(op.views, how, op.y, op.dy, k > 0, loss);
      if (gradients == nullptr) continue;
      w_mse::condemn(op.views, op.slices.count, op.bad, op.poison);
      op.whiten_backward();
      w_mse::scatter(op.views, op.dy, permutation, k > 0, op.poison, gradients);
    }
  });
}
