// Iterative normalisation (Huang et al. 2019, arXiv 1904.03441) by the coupled iteration of Newton and Schulz. With
// t = tr S, A_0 = S / t, Z_0 = I, T_k = (3 I - Z_k A_k) / 2, A_{k+1} = A_k T_k, Z_{k+1} = T_k Z_k, A_k -> (S/t)^1/2 and
// Z_k -> (S/t)^-1/2, so that P = Z_steps / sqrt(t) and Y = Xc P. Backward: the same steps in reverse, exactly:
//   dT = dZ' Z^T + A^T dA',  dZ = T^T dZ' - 1/2 dT A^T,  dA = dA' T^T - 1/2 Z^T dT
//   dS = dA_0 / t - ( <dA_0, S> / t^2 + <dP, P> / (2 t) ) I,  dP = Xc^T dY
// All of it float64, products with P float32. 6 d^3 FLOP a step forward, 12 d^3 a step backward beside it.
#include <cblas.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "gram/items.h"
#include "gramian/whitening.h"
#include "losses/slice_whitener.h"
#include "losses/whitening_rows.h"

namespace gramian {
namespace {

class IterativeWhitener : public SliceWhitener {
 public:
  IterativeWhitener(gramian_context* context, SliceMethod method, int64_t n, int64_t d)
      : n_(n),
        d_(d),
        steps_(method.steps),
        shrink_(1.0 - static_cast<double>(method.eps)),
        eps_(method.eps),
        centred_(context->scratch<float>(n * d)),
        out_(context->scratch<float>(n * d)),
        small_(context->scratch<float>(d * d)),
        wide_(context->scratch<double>(n * d)),
        s_(context->scratch<double>(d * d)),
        a_(context->scratch<double>((steps_ + 1) * d * d)),
        z_(context->scratch<double>((steps_ + 1) * d * d)),
        t_(context->scratch<double>(steps_ * d * d)),
        gradients_(context->scratch<double>(5 * d * d)),
        mean_(context->scratch<double>(d)) {}

  BadPivot forward(SliceRows rows, float* y, const SliceState& state) override {
    const BadPivot bad = iterate(rows);
    if (bad.column >= 0) return bad;
    round(state.w);
    gemm(false, false, n_, d_, d_, 1, centred_, d_, state.w, d_, 0, y, d_);
    return bad;
  }

  void backward(
      SliceRows rows, const float*, const SliceState& state, float* dy, const SliceGradient& gradient) override {
    iterate(rows);
    const int64_t size = d_ * d_;
    double* dp = gradients_;
    gemm(true, false, d_, d_, n_, 1, centred_, d_, dy, d_, 0, small_, d_);
    for (int64_t k = 0; k < size; ++k) dp[k] = small_[k];
    double along = 0;  // <dP, P>
    const double root = std::sqrt(trace_);
    for (int64_t k = 0; k < size; ++k) along += dp[k] * z_[steps_ * size + k] / root;
    for (int64_t k = 0; k < size; ++k) dp[k] /= root;
    double* da = unroll();
    double inner = 0;  // <dA_0, S>
    for (int64_t k = 0; k < size; ++k) inner += da[k] * s_[k];
    const double diagonal = inner / (trace_ * trace_) + along / (2 * trace_);
    const double factor = shrink_ / static_cast<double>(n_ - 1);
    for (int64_t i = 0; i < d_; ++i) {  // (1-eps)/(n-1) (dS + dS^T)
      for (int64_t k = 0; k < d_; ++k) {
        const double both = (da[i * d_ + k] + da[k * d_ + i]) / trace_ - (i == k ? 2 * diagonal : 0);
        small_[i * d_ + k] = static_cast<float>(factor * both);
      }
    }
    gemm(false, true, n_, d_, d_, 1, dy, d_, state.w, d_, 0, out_, d_);
    gemm(false, false, n_, d_, d_, 1, centred_, d_, small_, d_, 1, out_, d_);
    GRAMIAN_SIMD(center_in_place)(n_, d_, mean_, out_);
    GRAMIAN_SIMD(scatter_rows)(n_, d_, out_, gradient.index, gradient.add, gradient.dx);
  }

 private:
  // centred_, s_, trace_ and all a_, z_, t_ of the slice.
  BadPivot iterate(SliceRows rows) {
    GRAMIAN_SIMD(center_rows)(n_, d_, rows.x, rows.index, mean_, centred_, wide_);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, static_cast<blasint>(d_), static_cast<blasint>(d_),
        static_cast<blasint>(n_), shrink_ / static_cast<double>(n_ - 1), wide_, static_cast<blasint>(d_), wide_,
        static_cast<blasint>(d_), 0, s_, static_cast<blasint>(d_));
    trace_ = 0;
    for (int64_t k = 0; k < d_; ++k) trace_ += s_[k * d_ + k] += eps_;
    const int64_t bad = not_finite(d_, s_);
    if (bad >= 0) return {bad, std::numeric_limits<double>::quiet_NaN()};
    if (!(trace_ > 0)) return {0, trace_};
    const int64_t size = d_ * d_;
    for (int64_t k = 0; k < size; ++k) {
      a_[k] = s_[k] / trace_;
      z_[k] = k / d_ == k % d_ ? 1 : 0;
    }
    for (int64_t step = 0; step < steps_; ++step) {
      double* t = t_ + step * size;
      product(false, false, -0.5, z_ + step * size, a_ + step * size, 0, t);
      for (int64_t k = 0; k < d_; ++k) t[k * d_ + k] += 1.5;
      product(false, false, 1, a_ + step * size, t, 0, a_ + (step + 1) * size);
      product(false, false, 1, t, z_ + step * size, 0, z_ + (step + 1) * size);
    }
    return {-1, 0};
  }

  void round(float* w) const {
    const double scale = 1 / std::sqrt(trace_);
    for (int64_t k = 0; k < d_ * d_; ++k) w[k] = static_cast<float>(scale * z_[steps_ * d_ * d_ + k]);
  }

  // From the gradient of Z_steps, in gradients_, to that of A_0.
  double* unroll() {
    const int64_t size = d_ * d_;
    double* dz = gradients_;
    double* da = gradients_ + size;
    double* dt = gradients_ + 2 * size;
    double* next_z = gradients_ + 3 * size;
    double* next_a = gradients_ + 4 * size;
    std::memset(da, 0, static_cast<size_t>(size) * sizeof(double));
    for (int64_t step = steps_ - 1; step >= 0; --step) {
      const double* a = a_ + step * size;
      const double* z = z_ + step * size;
      const double* t = t_ + step * size;
      product(false, true, 1, dz, z, 0, dt);
      product(true, false, 1, a, da, 1, dt);
      product(true, false, 1, t, dz, 0, next_z);
      product(false, true, -0.5, dt, a, 1, next_z);
      product(false, true, 1, da, t, 0, next_a);
      product(true, false, -0.5, z, dt, 1, next_a);
      std::swap(dz, next_z);
      std::swap(da, next_a);
    }
    return da;
  }

  void product(bool transpose_a, bool transpose_b, double alpha, const double* a, const double* b, double beta,
      double* c) const {
    const blasint order = static_cast<blasint>(d_);
    cblas_dgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, order,
        order, order, alpha, a, order, b, order, beta, c, order);
  }

  int64_t n_, d_, steps_;
  double shrink_, eps_;
  double trace_ = 0;
  float *centred_, *out_;  // n x d
  float* small_;           // d x d
  double* wide_;           // n x d
  double* s_;              // d x d
  double *a_, *z_, *t_;    // d x d for each step
  double* gradients_;      // 5 x d x d
  double* mean_;           // d
};

}  // namespace

std::unique_ptr<SliceWhitener> iterative_whitener(gramian_context* context, SliceMethod method, int64_t n, int64_t d) {
  return std::make_unique<IterativeWhitener>(context, method, n, d);
}

}  // namespace gramian
