// W-MSE (Ermolov et al. 2021, arXiv 2007.06346, section 3), with the slices and permutations of the authors' code:
// every iteration whitens views x slices matrices side by side, compares the views row by row, and whitens backwards.
// Memory: V n d floats of Y, as many of dY, V (n/window) d^2 of W; independent of the number of iterations.
#include <omp.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/status.h"
#include "gramian/whitening.h"
#include "losses/bad_slice.h"
#include "losses/slice_whitener.h"
#include "losses/w_mse_rows.h"

namespace gramian {
namespace {

constexpr int64_t kRows = 32;  // rows of one partial sum: the partition depends on n alone

struct WMse {
  gramian_context* context;
  int64_t views, n, d, window, slices;
  const gramian_input* z;
  SliceMethod method;
  bool normalize, one_sided;
  const gramian_output* gradients;
  float* y;      // views x n x d
  float* dy;     // the same, or null
  float* w;      // views x slices x d x d
  double* roots;  // views x slices x d
  BadPivot* bad;  // views x slices
  double* partial;
  std::vector<const float*> y_views;
  std::vector<float*> dy_views;
  std::vector<std::unique_ptr<SliceWhitener>> whiteners;
  std::vector<float*> row_scratch;

  SliceState state(int64_t task) const { return {w + task * d * d, roots + task * d}; }
  SliceWhitener& whitener() const { return *whiteners[static_cast<size_t>(omp_get_thread_num())]; }
};

void take_memory(WMse& op) {
  op.y = op.context->scratch<float>(op.views * op.n * op.d);
  op.dy = op.gradients == nullptr ? nullptr : op.context->scratch<float>(op.views * op.n * op.d);
  op.w = op.context->scratch<float>(op.views * op.slices * op.d * op.d);
  op.roots = op.context->scratch<double>(op.views * op.slices * op.d);
  op.bad = op.context->scratch<BadPivot>(op.views * op.slices);
  op.partial = op.context->scratch<double>((op.n + kRows - 1) / kRows);
  for (int64_t v = 0; v < op.views; ++v) {
    op.y_views.push_back(op.y + v * op.n * op.d);
    if (op.dy != nullptr) op.dy_views.push_back(op.dy + v * op.n * op.d);
  }
  for (int t = 0; t < op.context->threads; ++t) {
    op.whiteners.push_back(slice_whitener(op.context, op.method, op.window, op.d));
    op.row_scratch.push_back(op.context->scratch<float>(3 * op.d));
  }
}

// Task t is slice t / views of view t % views: neighbours in time share the slice's indices.
void whiten_all(WMse& op, const int32_t* permutation) {
#pragma omp parallel for num_threads(op.context->threads) schedule(dynamic, 1)
  for (int64_t t = 0; t < op.views * op.slices; ++t) {
    const int64_t v = t % op.views;
    const int64_t b = t / op.views;
    op.bad[t] = op.whitener().forward(
        {op.z[v], permutation + b * op.window}, op.y + (v * op.n + b * op.window) * op.d, op.state(t));
  }
}

double compare_all(WMse& op, double scale) {
  const auto kernel = GRAMIAN_SIMD(w_mse_rows);
  const int64_t blocks = (op.n + kRows - 1) / kRows;
#pragma omp parallel for num_threads(op.context->threads) schedule(static)
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t to = (i + 1) * kRows < op.n ? (i + 1) * kRows : op.n;
    op.partial[i] = kernel(op.views, i * kRows, to, op.d, op.y_views.data(), op.normalize,
        op.one_sided, scale, op.dy == nullptr ? nullptr : op.dy_views.data(), op.row_scratch[omp_get_thread_num()]);
  }
  double sum = 0;
  for (int64_t i = 0; i < blocks; ++i) sum += op.partial[i];
  return sum;
}

void whiten_all_backward(WMse& op, const int32_t* permutation, bool add) {
#pragma omp parallel for num_threads(op.context->threads) schedule(dynamic, 1)
  for (int64_t t = 0; t < op.views * op.slices; ++t) {
    const int64_t v = t % op.views;
    const int64_t b = t / op.views;
    const int64_t at = (v * op.n + b * op.window) * op.d;
    op.whitener().backward({op.z[v], permutation + b * op.window}, op.y + at, op.state(t), op.dy + at,
        {op.gradients[v], permutation + b * op.window, add});
  }
}

// True when a slice holds NaN, which is an answer; a singular slice is an error.
bool has_nan(const WMse& op, int64_t iteration) {
  bool nan = false;
  for (int64_t t = 0; t < op.views * op.slices; ++t) {
    if (op.bad[t].column < 0) continue;
    nan = true;
    if (std::isnan(op.bad[t].value)) continue;
    const std::string where = "slice " + std::to_string(t / op.views) + " of view " + std::to_string(t % op.views) +
                              " (iteration " + std::to_string(iteration) + ")";
    GRAMIAN_FAIL(GRAMIAN_NOT_POSITIVE_DEFINITE, describe(op.bad[t], {op.method.kind, op.window, op.d, where}));
  }
  return nan;
}

void answer_nan(const WMse& op, double* loss) {
  *loss = std::numeric_limits<double>::quiet_NaN();
  if (op.gradients == nullptr) return;
  for (int64_t v = 0; v < op.views; ++v) {
    for (int64_t i = 0; i < op.n * op.d; ++i) op.gradients[v][i] = std::numeric_limits<float>::quiet_NaN();
  }
}

}  // namespace
}  // namespace gramian

gramian_status gramian_w_mse(gramian_context* context, int64_t views, int64_t n, int64_t d, const gramian_input* z,
    int64_t window, int64_t iterations, const int32_t* permutations, float eps, int32_t normalize, int32_t method,
    int32_t steps, int32_t one_sided, double* loss, const gramian_output* gradients) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    WMse op{context, views, n, d, window, n / window, z, {method, steps, eps}, normalize != 0,
        one_sided != 0, gradients, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, {}, {}, {}, {}};
    take_memory(op);
    const double pairs = static_cast<double>(views) * static_cast<double>(views - 1) / 2;
    const double width = op.normalize ? 1 : static_cast<double>(d);
    const double scale = 1 / (pairs * static_cast<double>(iterations) * static_cast<double>(n) * width);
    double sum = 0;
    for (int64_t k = 0; k < iterations; ++k) {
      const int32_t* permutation = permutations + k * n;
      whiten_all(op, permutation);
      if (has_nan(op, k)) return answer_nan(op, loss);
      sum += compare_all(op, scale);
      if (gradients != nullptr) whiten_all_backward(op, permutation, k > 0);
    }
    *loss = sum * scale;
  });
}
