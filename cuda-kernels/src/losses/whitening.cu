// The C functions of whitening on the device. A slice that cannot be whitened gets NaN; which one and why is known when
// the stream has been waited for, so it is an error only on the SIMT executor and with GRAMIAN_SYNC=1.
#include "gramian/whitening.h"

#include "losses/whitening_slices.h"

namespace gramian {
namespace whitening {
namespace {

// Calls run(slices, number of the first) for groups of them.
template <typename Run>
void for_each_group(const Slices& of, int64_t most, Run run) {
  for (int64_t first = 0; first < of.count; first += most) {
    const int64_t left = of.count - first;
    run(Slices{of.context, left < most ? left : most, of.n, of.d, of.eps}, first);
  }
}

}  // namespace

void whiten(const Slices& of, const Method& method, const float* x, float* y, float* w, double* roots, BadPivot* bad,
    int64_t most) {
  for_each_group(of, most, [&](const Slices& group, int64_t first) {
    const float* from = x + first * of.n * of.d;
    float* to = y + first * of.n * of.d;
    float* matrices = w + first * of.d * of.d;
    if (method.kind == GRAMIAN_WHITEN_CHOLESKY) {
      cholesky(group, from, to, matrices, bad + first);
    } else if (method.kind == GRAMIAN_WHITEN_ITERATIVE) {
      iterative(group, method.steps, from, to, matrices, bad + first);
    } else {
      spectral(group, method.kind == GRAMIAN_WHITEN_ZCA, from, to, matrices, roots + first * of.d, bad + first);
    }
  });
}

void whiten_backward(const Slices& of, const Method& method, const float* x, const float* y, const float* w,
    const double* roots, const float* dy, float* dx, int64_t most) {
  for_each_group(of, most, [&](const Slices& group, int64_t first) {
    const int64_t at = first * of.n * of.d;
    const float* matrices = w + first * of.d * of.d;
    if (method.kind == GRAMIAN_WHITEN_CHOLESKY) {
      cholesky_backward(group, y + at, matrices, dy + at, dx + at);
    } else if (method.kind == GRAMIAN_WHITEN_ITERATIVE) {
      iterative_backward(group, method.steps, x + at, matrices, dy + at, dx + at);
    } else {
      spectral_backward(group, method.kind == GRAMIAN_WHITEN_ZCA, y + at, matrices, roots + first * of.d, dy + at,
          dx + at);
    }
  });
}

namespace {

gramian_status forward(const Slices& of, const Method& method, const float* x, float* y, float* w, double* roots) {
  return guarded([&] {
    if (of.count == 0 || of.d == 0) return;
    of.context->begin();
    BadPivot* bad = of.context->scratch<BadPivot>(of.count);
    whiten(of, method, x, y, w, roots, bad);
    report(of, method.kind, bad);
  });
}

gramian_status backward(const Slices& of, const Method& method, const float* x, const float* y, const float* w,
    const double* roots, const float* dy, float* dx) {
  return guarded([&] {
    if (of.count == 0 || of.d == 0) return;
    of.context->begin();
    whiten_backward(of, method, x, y, w, roots, dy, dx);
  });
}

}  // namespace
}  // namespace whitening
}  // namespace gramian

gramian_status gramian_whitening(gramian_context* context, int64_t batch, int64_t n, int64_t d, const float* x,
    float eps, float* y, float* w) {
  return gramian::whitening::forward({context, batch, n, d, eps}, {GRAMIAN_WHITEN_CHOLESKY, 0}, x, y, w, nullptr);
}

gramian_status gramian_whitening_backward(gramian_context* context, int64_t batch, int64_t n, int64_t d,
    const float* y, const float* w, const float* dy, float eps, float* dx) {
  return gramian::whitening::backward(
      {context, batch, n, d, eps}, {GRAMIAN_WHITEN_CHOLESKY, 0}, nullptr, y, w, nullptr, dy, dx);
}

gramian_status gramian_spectral_whitening(gramian_context* context, int32_t method, int64_t batch, int64_t n,
    int64_t d, const float* x, float eps, float* y, float* w, double* roots) {
  return gramian::whitening::forward({context, batch, n, d, eps}, {method, 0}, x, y, w, roots);
}

gramian_status gramian_spectral_whitening_backward(gramian_context* context, int32_t method, int64_t batch, int64_t n,
    int64_t d, const float* y, const float* w, const double* roots, const float* dy, float eps, float* dx) {
  return gramian::whitening::backward({context, batch, n, d, eps}, {method, 0}, nullptr, y, w, roots, dy, dx);
}

gramian_status gramian_iterative_whitening(gramian_context* context, int32_t steps, int64_t batch, int64_t n,
    int64_t d, const float* x, float eps, float* y, float* w) {
  return gramian::whitening::forward(
      {context, batch, n, d, eps}, {GRAMIAN_WHITEN_ITERATIVE, steps}, x, y, w, nullptr);
}

gramian_status gramian_iterative_whitening_backward(gramian_context* context, int32_t steps, int64_t batch, int64_t n,
    int64_t d, const float* x, const float* w, const float* dy, float eps, float* dx) {
  return gramian::whitening::backward(
      {context, batch, n, d, eps}, {GRAMIAN_WHITEN_ITERATIVE, steps}, x, nullptr, w, nullptr, dy, dx);
}
