// ZCA and PCA whitening, math.md section 5. S = U D U^T in float64, products in float32. With r = D^1/2 and, in the
// eigenbasis, V = Xc U r^-1 (= Y for PCA, Y U for ZCA), B = dY (PCA) or dY U (ZCA), M = B^T V:
//   dX = [ B - mean(B) - (1-eps)/(n-1) V Q ] r^-1 U^T,  Q symmetric:
//   ZCA  Q_ij = (r_j M_ij + r_i M_ji) / (r_i + r_j)            a mean of both: repeated eigenvalues do no harm
//   PCA  Q_ij = (D_j M_ij - D_i M_ji) / (D_j - D_i), Q_ii = M_ii   an extrapolation: needs eigenvalues apart
// (Cholesky: the lower triangle of M.) FLOP: n d^2 + 9 d^3 in float64 and 2 n d^2 in float32 forward; 6 n d^2 (PCA) or
// 10 n d^2 (ZCA) backward.
#include <cblas.h>
#include <lapack.h>

#include <cfloat>
#include <cmath>
#include <limits>

#include "gram/items.h"
#include "gramian/whitening.h"
#include "losses/slice_whitener.h"
#include "losses/whitening_rows.h"

namespace gramian {
namespace {

// Eigenvalues closer than this (of their sum) are one: their eigenvectors are arbitrary in their plane.
constexpr double kSame = 1e-12;

class SpectralWhitener : public SliceWhitener {
 public:
  SpectralWhitener(gramian_context* context, SliceMethod method, int64_t n, int64_t d)
      : n_(n),
        d_(d),
        zca_(method.kind == GRAMIAN_WHITEN_ZCA),
        shrink_(1.0 - static_cast<double>(method.eps)),
        eps_(method.eps),
        centred_(context->scratch<float>(n * d)),
        turned_(context->scratch<float>(n * d)),
        basis_(context->scratch<float>(d * d)),
        small_(context->scratch<float>(2 * d * d)),
        wide_(context->scratch<double>(n * d)),
        gram_(context->scratch<double>(d * d)),
        values_(context->scratch<double>(d)),
        mean_(context->scratch<double>(d)),
        work_size_(static_cast<lapack_int>(1 + 6 * d + 2 * d * d)),  // dsyevd's minimum with vectors
        integers_size_(static_cast<lapack_int>(3 + 5 * d)),
        work_(context->scratch<double>(work_size_)),
        integers_(context->scratch<lapack_int>(integers_size_)) {}

  BadPivot forward(SliceRows rows, float* y, const SliceState& state) override {
    GRAMIAN_SIMD(center_rows)(n_, d_, rows.x, rows.index, mean_, centred_, wide_);
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, static_cast<blasint>(d_), static_cast<blasint>(n_),
        shrink_ / static_cast<double>(n_ - 1), wide_, static_cast<blasint>(d_), 0, gram_, static_cast<blasint>(d_));
    for (int64_t k = 0; k < d_; ++k) gram_[k * d_ + k] += eps_;
    const int64_t bad = not_finite(d_, gram_);
    if (bad >= 0) return {bad, std::numeric_limits<double>::quiet_NaN()};
    if (!decompose()) return {d_, std::numeric_limits<double>::quiet_NaN()};
    // d_ * eps: what rounding alone leaves of an eigenvalue that is 0
    if (!(values_[0] > values_[d_ - 1] * static_cast<double>(d_) * DBL_EPSILON)) return {heaviest(0), values_[0]};
    keep(state);
    if (zca_) {
      zca_matrix(state);
      gemm(false, false, n_, d_, d_, 1, centred_, d_, basis_, d_, 0, y, d_);
    } else {
      gemm(false, true, n_, d_, d_, 1, centred_, d_, state.w, d_, 0, y, d_);
    }
    return {-1, 0};
  }

  void backward(
      SliceRows, const float* y, const SliceState& state, float* dy, const SliceGradient& gradient) override {
    const float* v = y;
    float* b = dy;
    if (zca_) {
      for (int64_t i = 0; i < d_; ++i) {  // U^T
        for (int64_t k = 0; k < d_; ++k) basis_[i * d_ + k] = static_cast<float>(state.roots[i] * state.w[i * d_ + k]);
      }
      gemm(false, true, n_, d_, d_, 1, y, d_, basis_, d_, 0, turned_, d_);
      gemm(false, true, n_, d_, d_, 1, dy, d_, basis_, d_, 0, centred_, d_);
      v = turned_;
      b = centred_;
    }
    float* m = small_;
    float* q = small_ + d_ * d_;
    gemm(true, false, d_, d_, n_, 1, b, d_, v, d_, 0, m, d_);
    mix(state.roots, m, q);
    GRAMIAN_SIMD(center_in_place)(n_, d_, mean_, b);
    gemm(false, false, n_, d_, d_, static_cast<float>(-shrink_ / static_cast<double>(n_ - 1)), v, d_, q, d_, 1, b, d_);
    float* dx = zca_ ? dy : centred_;
    gemm(false, false, n_, d_, d_, 1, b, d_, state.w, d_, 0, dx, d_);
    GRAMIAN_SIMD(scatter_rows)(n_, d_, dx, gradient.index, gradient.add, gradient.dx);
  }

 private:
  // Row i of gram_ becomes the eigenvector of the i-th smallest eigenvalue.
  bool decompose() {
    const char job = 'V';
    const char triangle = 'U';  // row-major lower is column-major upper
    const lapack_int order = static_cast<lapack_int>(d_);
    lapack_int info = 0;
    LAPACK_dsyevd(&job, &triangle, &order, gram_, &order, values_, work_, &work_size_, integers_, &integers_size_,
        &info);
    return info == 0;
  }

  // Where an eigenvector is largest in magnitude.
  int64_t heaviest(int64_t row) const {
    int64_t at = 0;
    for (int64_t k = 1; k < d_; ++k) {
      if (std::fabs(gram_[row * d_ + k]) > std::fabs(gram_[row * d_ + at])) at = k;
    }
    return at;
  }

  // w = D^-1/2 U^T and the roots, eigenvalues descending, signs fixed.
  void keep(const SliceState& state) const {
    for (int64_t i = 0; i < d_; ++i) {
      const int64_t from = d_ - 1 - i;
      const double root = std::sqrt(values_[from]);
      const double scale = (gram_[from * d_ + heaviest(from)] < 0 ? -1 : 1) / root;
      state.roots[i] = root;
      for (int64_t k = 0; k < d_; ++k) state.w[i * d_ + k] = static_cast<float>(scale * gram_[from * d_ + k]);
    }
  }

  // basis_ = U D^-1/2 U^T
  void zca_matrix(const SliceState& state) {
    for (int64_t i = 0; i < d_; ++i) {
      const double scale = 1 / std::sqrt(state.roots[d_ - 1 - i]);
      for (int64_t k = 0; k < d_; ++k) gram_[i * d_ + k] *= scale;
    }
    double* product = work_;  // of at least 2 d^2
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, static_cast<blasint>(d_), static_cast<blasint>(d_), 1, gram_,
        static_cast<blasint>(d_), 0, product, static_cast<blasint>(d_));
    for (int64_t i = 0; i < d_; ++i) {
      for (int64_t k = 0; k <= i; ++k) {
        basis_[i * d_ + k] = basis_[k * d_ + i] = static_cast<float>(product[i * d_ + k]);
      }
    }
  }

  void mix(const double* r, const float* m, float* q) const {
    for (int64_t i = 0; i < d_; ++i) {
      q[i * d_ + i] = m[i * d_ + i];
      for (int64_t j = 0; j < i; ++j) {
        const double ij = m[i * d_ + j];
        const double ji = m[j * d_ + i];
        const double di = r[i] * r[i];
        const double dj = r[j] * r[j];
        double mixed = (r[j] * ij + r[i] * ji) / (r[i] + r[j]);
        if (!zca_) mixed = std::fabs(dj - di) <= kSame * (di + dj) ? 0 : (dj * ij - di * ji) / (dj - di);
        q[i * d_ + j] = q[j * d_ + i] = static_cast<float>(mixed);
      }
    }
  }

  int64_t n_, d_;
  bool zca_;
  double shrink_, eps_;
  float *centred_, *turned_;  // n x d
  float* basis_;              // d x d
  float* small_;              // 2 x d x d
  double* wide_;              // n x d
  double* gram_;              // d x d: S, then U^T
  double* values_;            // d, ascending
  double* mean_;              // d
  lapack_int work_size_, integers_size_;
  double* work_;
  lapack_int* integers_;
};

}  // namespace

std::unique_ptr<SliceWhitener> spectral_whitener(gramian_context* context, SliceMethod method, int64_t n, int64_t d) {
  return std::make_unique<SpectralWhitener>(context, method, n, d);
}

}  // namespace gramian
