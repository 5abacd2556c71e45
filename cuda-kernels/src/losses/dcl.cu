// DCL and DCLW on the device. Formula: gramian/epilogue/dcl.h; loops, FLOP and memory: view_contrast.h. The authors'
// form has only the n rows of the first view as anchors: half of the forward pass.
#include "gramian/epilogue/dcl.h"

#include "gram/precisions.h"
#include "gramian/contrastive.h"
#include "losses/view_contrast.h"

namespace gramian {
namespace {

struct DclRow {
  int64_t n;
  const double* positive;  // (n)
  const double* weight;    // (n), or null: 1
  const double* extra;     // (n) what the weights' gradient adds to the pull, or null: 0
  double temperature;

  __device__ __forceinline__ RowLoss operator()(int64_t i, double negatives, double shift) const {
    const int64_t image = i < n ? i : i - n;
    const double w = weight == nullptr ? 1 : weight[image];
    const double more = extra == nullptr ? 0 : extra[image];
    return {dcl::loss(negatives, shift, positive[image], w, temperature), 1 / negatives, w + more};
  }
};

constexpr int kThreads = 1024;

// weight (n) = 2 - n softmax(positive / sigma), and what the gradient through it adds to the pull. One block; thread t
// has images t, t + 1024, ...
__global__ void __launch_bounds__(kThreads) weigh_positives(
    int64_t n, const double* __restrict__ positive, double sigma, double* __restrict__ weight, double* extra) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads / 32);
  const double count = static_cast<double>(n);
  double most = -INFINITY;
  for (int64_t i = threadIdx.x; i < n; i += kThreads) most = fmax(most, positive[i]);
  most = tile::block_all(most, scratch, [](double x, double y) { return fmax(x, y); });
  const auto add = [](double x, double y) { return x + y; };
  double sum = 0;
  for (int64_t i = threadIdx.x; i < n; i += kThreads) sum += exp((positive[i] - most) / sigma);
  sum = tile::block_all(sum, scratch, add);
  double mean = 0;
  for (int64_t i = threadIdx.x; i < n; i += kThreads) {
    const double q = exp((positive[i] - most) / sigma) / sum;
    weight[i] = 2 - count * q;
    mean += q * positive[i];
  }
  mean = tile::block_all(mean, scratch, add);
  for (int64_t i = threadIdx.x; extra != nullptr && i < n; i += kThreads) {
    extra[i] = dcl::weight_pull(count, (2 - weight[i]) / count, positive[i], mean, sigma);
  }
}

}  // namespace
}  // namespace gramian

gramian_status gramian_dcl(gramian_context* context, int64_t n, int64_t d, const float* za, const float* zb,
    float temperature, float sigma, int32_t weighted, int32_t authors, double* loss, float* dza, float* dzb) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const gramian_input z[2] = {za, zb};
    const gramian_output dz[2] = {dza, dzb};
    const float beta[2] = {0, 0};
    const RowRule rule = authors != 0 ? RowRule::none : RowRule::unit;
    with_precision(context, [&](auto mode) {
      ViewContrast<decltype(mode)> call(context, {2, n, d, d}, temperature, rule, similarity::kCosine);
      call.take(z);
      const double* positive = call.positives();
      double* weight = weighted != 0 ? context->scratch<double>(n) : nullptr;
      double* extra = weighted != 0 && authors != 0 ? context->scratch<double>(n) : nullptr;
      if (weighted != 0) {
        launch(context->stream, {"dcl_weights", 1, kThreads, tile::shared_bytes<double>(kThreads / 32)},
            weigh_positives, n, positive, static_cast<double>(sigma), weight, extra);
      }
      call.value(DclRow{n, positive, weight, extra, temperature}, authors != 0 ? n : 2 * n, loss);
      if (dza != nullptr) call.gradient(1, beta, dz);
    });
  });
}
