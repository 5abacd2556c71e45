// Cholesky whitening, math.md section 5. The covariance and its Cholesky factor are float64: the error of Y then grows
// with the condition number of L, not with that of S = L L^T. The products with W are float32.
#include <cblas.h>

#include "core/status.h"
#include "losses/whitening.h"
#include "losses/whitening_rows.h"

namespace gramian {
namespace {

// Triangles are visited in column blocks of this width: wide enough for an efficient product, narrow enough that little
// of the zero half is multiplied (a quarter of it at d = 128).
constexpr int64_t kWidth = 64;

int64_t width_at(int64_t d, int64_t j) { return d - j < kWidth ? d - j : kWidth; }

void multiply(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
    int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc) {
  cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans,
      static_cast<blasint>(m), static_cast<blasint>(n), static_cast<blasint>(k), alpha, a, static_cast<blasint>(lda), b,
      static_cast<blasint>(ldb), beta, c, static_cast<blasint>(ldc));
}

}  // namespace

WhiteningScratch::WhiteningScratch(gramian_context* context, int64_t n, int64_t d)
    : centred(context->scratch<float>(n * d)),
      symmetric(context->scratch<float>(d * d)),
      wide(context->scratch<double>(n * d)),
      gram(context->scratch<double>(d * d)),
      inverse(context->scratch<double>(d * d)),
      panel(context->scratch<double>(cholesky_scratch(d))),
      mean(context->scratch<double>(d)) {}

BadPivot whiten_slice(
    int64_t n, int64_t d, SliceRows rows, float eps, float* y, float* w, const WhiteningScratch& scratch) {
  GRAMIAN_SIMD(center_rows)(n, d, rows.x, rows.index, scratch.mean, scratch.centred, scratch.wide);
  const double shrink = 1.0 - static_cast<double>(eps);
  cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, static_cast<blasint>(d), static_cast<blasint>(n),
      shrink / static_cast<double>(n - 1), scratch.wide, static_cast<blasint>(d), 0, scratch.gram,
      static_cast<blasint>(d));
  for (int64_t k = 0; k < d; ++k) scratch.gram[k * d + k] += eps;
  const BadPivot bad = cholesky_with_inverse(d, scratch.gram, scratch.inverse, scratch.panel);
  if (bad.column >= 0) return bad;
  for (int64_t k = 0; k < d * d; ++k) w[k] = static_cast<float>(scratch.inverse[k]);
  for (int64_t j = 0; j < d; j += kWidth) {  // Y_j = Xc[:, 0..j] W[j, 0..j]^T
    const int64_t m = width_at(d, j);
    multiply(false, true, n, m, j + m, 1, scratch.centred, d, w + j * d, d, 0, y + j, d);
  }
  return bad;
}

void whiten_slice_backward(int64_t n, int64_t d, const float* y, const float* w, float* dy, float eps,
    const SliceGradient& gradient, const WhiteningScratch& scratch) {
  float* p = scratch.symmetric;
  for (int64_t j = 0; j < d; j += kWidth) {  // lower block rows of M = dY^T Y
    const int64_t m = width_at(d, j);
    multiply(true, false, m, j + m, n, 1, dy + j, d, y, d, 0, p + j * d, d);
  }
  for (int64_t i = 0; i < d; ++i) {
    for (int64_t k = 0; k < i; ++k) p[k * d + i] = p[i * d + k];
  }
  GRAMIAN_SIMD(center_in_place)(n, d, scratch.mean, dy);
  const double factor = (1.0 - static_cast<double>(eps)) / static_cast<double>(n - 1);
  multiply(false, false, n, d, d, static_cast<float>(-factor), y, d, p, d, 1, dy, d);
  for (int64_t j = 0; j < d; j += kWidth) {  // dX_j = G[:, j..] W[j.., j]
    const int64_t m = width_at(d, j);
    multiply(false, false, n, m, d - j, 1, dy + j, d, w + j * d + j, d, 0, scratch.centred + j, d);
  }
  GRAMIAN_SIMD(scatter_rows)(n, d, scratch.centred, gradient.index, gradient.add, gradient.dx);
}

}  // namespace gramian
