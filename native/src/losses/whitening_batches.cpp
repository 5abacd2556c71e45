// Batches of slices: one whitener per thread, one slice at a time; a slice's result depends on nothing but the slice.
#include <omp.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/status.h"
#include "gramian/whitening.h"
#include "losses/bad_slice.h"
#include "losses/slice_whitener.h"

namespace gramian {
namespace {

struct Batch {
  gramian_context* context;
  SliceMethod method;
  int64_t count, n, d;

  SliceState state(int64_t b, float* w, double* roots) const {
    return {w + b * d * d, roots == nullptr ? nullptr : roots + b * d};
  }
  int threads() const { return static_cast<int>(count < context->threads ? count : context->threads); }
  std::vector<std::unique_ptr<SliceWhitener>> whiteners() const {
    std::vector<std::unique_ptr<SliceWhitener>> all;
    for (int t = 0; t < threads(); ++t) all.push_back(slice_whitener(context, method, n, d));
    return all;
  }
};

gramian_status forward(const Batch& batch, const float* x, float* y, float* w, double* roots) {
  return guarded([&] {
    if (batch.count == 0 || batch.d == 0) return;
    batch.context->begin();
    const int64_t size = batch.n * batch.d;
    BadPivot* bad = batch.context->scratch<BadPivot>(batch.count);
    const auto whiteners = batch.whiteners();
#pragma omp parallel for num_threads(batch.threads()) schedule(dynamic, 1)
    for (int64_t b = 0; b < batch.count; ++b) {
      bad[b] = whiteners[static_cast<size_t>(omp_get_thread_num())]->forward(
          {x + b * size, nullptr}, y + b * size, batch.state(b, w, roots));
    }
    for (int64_t b = 0; b < batch.count; ++b) {
      if (bad[b].column < 0) continue;
      const std::string where = "batch entry " + std::to_string(b);
      GRAMIAN_FAIL(GRAMIAN_NOT_POSITIVE_DEFINITE, describe(bad[b], {batch.method.kind, batch.n, batch.d, where}));
    }
  });
}

gramian_status backward(const Batch& batch, const float* x, const float* y, const float* w, const double* roots,
    const float* dy, float* dx) {
  return guarded([&] {
    if (batch.count == 0 || batch.d == 0) return;
    batch.context->begin();
    const int64_t size = batch.n * batch.d;
    const auto whiteners = batch.whiteners();
    float* copies = batch.context->scratch<float>(batch.threads() * size);
#pragma omp parallel for num_threads(batch.threads()) schedule(dynamic, 1)
    for (int64_t b = 0; b < batch.count; ++b) {
      float* copy = copies + omp_get_thread_num() * size;
      std::memcpy(copy, dy + b * size, static_cast<size_t>(size) * sizeof(float));
      // the state is read only
      const SliceState state = batch.state(b, const_cast<float*>(w), const_cast<double*>(roots));
      whiteners[static_cast<size_t>(omp_get_thread_num())]->backward(
          {x == nullptr ? nullptr : x + b * size, nullptr}, y == nullptr ? nullptr : y + b * size, state, copy,
          {dx + b * size, nullptr, false});
    }
  });
}

}  // namespace
}  // namespace gramian

gramian_status gramian_whitening(gramian_context* context, int64_t batch, int64_t n, int64_t d, const float* x,
    float eps, float* y, float* w) {
  return gramian::forward({context, {GRAMIAN_WHITEN_CHOLESKY, 0, eps}, batch, n, d}, x, y, w, nullptr);
}

gramian_status gramian_whitening_backward(gramian_context* context, int64_t batch, int64_t n, int64_t d,
    const float* y, const float* w, const float* dy, float eps, float* dx) {
  return gramian::backward(
      {context, {GRAMIAN_WHITEN_CHOLESKY, 0, eps}, batch, n, d}, nullptr, y, w, nullptr, dy, dx);
}

gramian_status gramian_spectral_whitening(gramian_context* context, int32_t method, int64_t batch, int64_t n,
    int64_t d, const float* x, float eps, float* y, float* w, double* roots) {
  return gramian::forward({context, {method, 0, eps}, batch, n, d}, x, y, w, roots);
}

gramian_status gramian_spectral_whitening_backward(gramian_context* context, int32_t method, int64_t batch, int64_t n,
    int64_t d, const float* y, const float* w, const double* roots, const float* dy, float eps, float* dx) {
  return gramian::backward({context, {method, 0, eps}, batch, n, d}, nullptr, y, w, roots, dy, dx);
}

gramian_status gramian_iterative_whitening(gramian_context* context, int32_t steps, int64_t batch, int64_t n,
    int64_t d, const float* x, float eps, float* y, float* w) {
  return gramian::forward({context, {GRAMIAN_WHITEN_ITERATIVE, steps, eps}, batch, n, d}, x, y, w, nullptr);
}

gramian_status gramian_iterative_whitening_backward(gramian_context* context, int32_t steps, int64_t batch, int64_t n,
    int64_t d, const float* x, const float* w, const float* dy, float eps, float* dx) {
  return gramian::backward(
      {context, {GRAMIAN_WHITEN_ITERATIVE, steps, eps}, batch, n, d}, x, nullptr, w, nullptr, dy, dx);
}
