// The C functions of whitening on the device. A slice that cannot be whitened gets NaN; which one and why is known when
// the stream has been waited for, so it is an error only on the SIMT executor and with GRAMIAN_SYNC=1.
#include "gramian/whitening.h"

#include "losses/whitening_slices.h"

namespace gramian {
namespace {

using whitening::Slices;

template <typename Body>
gramian_status forward(const Slices& of, int32_t method, Body body) {
  return guarded([&] {
    if (of.count == 0 || of.d == 0) return;
    of.context->begin();
    BadPivot* bad = of.context->scratch<BadPivot>(of.count);
    body(bad);
    whitening::report(of, method, bad);
  });
}

template <typename Body>
gramian_status backward(const Slices& of, Body body) {
  return guarded([&] {
    if (of.count == 0 || of.d == 0) return;
    of.context->begin();
    body();
  });
}

}  // namespace
}  // namespace gramian

gramian_status gramian_whitening(gramian_context* context, int64_t batch, int64_t n, int64_t d, const float* x,
    float eps, float* y, float* w) {
  const gramian::whitening::Slices of = {context, batch, n, d, eps};
  return gramian::forward(of, GRAMIAN_WHITEN_CHOLESKY,
      [&](gramian::BadPivot* bad) { gramian::whitening::cholesky(of, x, y, w, bad); });
}

gramian_status gramian_whitening_backward(gramian_context* context, int64_t batch, int64_t n, int64_t d,
    const float* y, const float* w, const float* dy, float eps, float* dx) {
  const gramian::whitening::Slices of = {context, batch, n, d, eps};
  return gramian::backward(of, [&] { gramian::whitening::cholesky_backward(of, y, w, dy, dx); });
}

gramian_status gramian_spectral_whitening(gramian_context* context, int32_t method, int64_t batch, int64_t n,
    int64_t d, const float* x, float eps, float* y, float* w, double* roots) {
  const gramian::whitening::Slices of = {context, batch, n, d, eps};
  return gramian::forward(of, method, [&](gramian::BadPivot* bad) {
    gramian::whitening::spectral(of, method == GRAMIAN_WHITEN_ZCA, x, y, w, roots, bad);
  });
}

gramian_status gramian_spectral_whitening_backward(gramian_context* context, int32_t method, int64_t batch, int64_t n,
    int64_t d, const float* y, const float* w, const double* roots, const float* dy, float eps, float* dx) {
  const gramian::whitening::Slices of = {context, batch, n, d, eps};
  return gramian::backward(
      of, [&] { gramian::whitening::spectral_backward(of, method == GRAMIAN_WHITEN_ZCA, y, w, roots, dy, dx); });
}

gramian_status gramian_iterative_whitening(gramian_context* context, int32_t steps, int64_t batch, int64_t n,
    int64_t d, const float* x, float eps, float* y, float* w) {
  const gramian::whitening::Slices of = {context, batch, n, d, eps};
  return gramian::forward(of, GRAMIAN_WHITEN_ITERATIVE,
      [&](gramian::BadPivot* bad) { gramian::whitening::iterative(of, steps, x, y, w, bad); });
}

gramian_status gramian_iterative_whitening_backward(gramian_context* context, int32_t steps, int64_t batch, int64_t n,
    int64_t d, const float* x, const float* w, const float* dy, float eps, float* dx) {
  const gramian::whitening::Slices of = {context, batch, n, d, eps};
  return gramian::backward(of, [&] { gramian::whitening::iterative_backward(of, steps, x, w, dy, dx); });
}
