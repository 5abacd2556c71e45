#include "losses/slice_whitener.h"

#include <cmath>

#include "gramian/whitening.h"

namespace gramian {
namespace {

class CholeskyWhitener : public SliceWhitener {
 public:
  CholeskyWhitener(gramian_context* context, SliceMethod method, int64_t n, int64_t d)
      : n_(n), d_(d), eps_(method.eps), scratch_(context, n, d) {}

  BadPivot forward(SliceRows rows, float* y, const SliceState& state) override {
    return whiten_slice(n_, d_, rows, eps_, y, state.w, scratch_);
  }
  void backward(
      SliceRows, const float* y, const SliceState& state, float* dy, const SliceGradient& gradient) override {
    whiten_slice_backward(n_, d_, y, state.w, dy, eps_, gradient, scratch_);
  }
 private:
  int64_t n_, d_;
  float eps_;
  WhiteningScratch scratch_;
};

}  // namespace

std::unique_ptr<SliceWhitener> slice_whitener(gramian_context* context, SliceMethod method, int64_t n, int64_t d) {
  if (method.kind == GRAMIAN_WHITEN_CHOLESKY) return std::make_unique<CholeskyWhitener>(context, method, n, d);
  if (method.kind == GRAMIAN_WHITEN_ITERATIVE) return iterative_whitener(context, method, n, d);
  return spectral_whitener(context, method, n, d);
}

int64_t not_finite(int64_t d, const double* covariance) {
  for (int64_t i = 0; i < d; ++i) {
    for (int64_t k = 0; k <= i; ++k) {
      if (!std::isfinite(covariance[i * d + k])) return std::isfinite(covariance[i * d + i]) ? k : i;
    }
  }
  return -1;
}

}  // namespace gramian
