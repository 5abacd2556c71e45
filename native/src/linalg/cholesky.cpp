#include "linalg/cholesky.h"

#include <cblas.h>

#include <cfloat>

namespace gramian {
namespace {

void multiply(int64_t m, int64_t n, int64_t k, bool transpose_b, double alpha, const double* a, int64_t lda,
    const double* b, int64_t ldb, double beta, double* c, int64_t ldc) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, static_cast<blasint>(m),
      static_cast<blasint>(n), static_cast<blasint>(k), alpha, a, static_cast<blasint>(lda), b,
      static_cast<blasint>(ldb), beta, c, static_cast<blasint>(ldc));
}

// Rows first..d of the panel below a diagonal block: P = A W_jj^T, then A22 -= P P^T.
void eliminate(int64_t d, int64_t j, int64_t m, double* a, const double* w, double* scratch) {
  const int64_t first = j + m;
  const int64_t rows = d - first;
  if (rows == 0) return;
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t k = 0; k < m; ++k) scratch[i * m + k] = a[(first + i) * d + j + k];
  }
  multiply(rows, m, m, true, 1, scratch, m, w + j * d + j, d, 0, a + first * d + j, d);
  cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, static_cast<blasint>(rows), static_cast<blasint>(m), -1,
      a + first * d + j, static_cast<blasint>(d), 1, a + first * d + first, static_cast<blasint>(d));
}

// Rows j..j+m of the inverse left of the diagonal block: -W_jj (L_j W), with the rows above finished.
void invert_rows(int64_t d, int64_t j, int64_t m, const double* a, double* w, double* scratch) {
  if (j == 0) return;
  multiply(m, j, j, false, 1, a + j * d, d, w, d, 0, scratch, j);
  multiply(m, j, m, false, -1, w + j * d + j, d, scratch, j, 0, w + j * d, d);
}

}  // namespace

BadPivot cholesky_with_inverse(int64_t d, double* a, double* w, double* scratch) {
  const auto factor = GRAMIAN_SIMD(cholesky_block);
  // What rounding alone leaves of the pivot of a column that depends on the columns before it.
  const double rounding = static_cast<double>(d) * DBL_EPSILON;
  double* diagonal = scratch;  // read only while no panel is in flight
  for (int64_t i = 0; i < d; ++i) {
    w[i * d + i] = a[i * d + i] * rounding;  // kept here until the block of column i is factored
    for (int64_t k = i + 1; k < d; ++k) w[i * d + k] = 0;
  }
  for (int64_t j = 0; j < d; j += kCholeskyBlock) {
    const int64_t m = d - j < kCholeskyBlock ? d - j : kCholeskyBlock;
    for (int64_t i = 0; i < m; ++i) diagonal[i] = w[(j + i) * d + j + i];
    double pivot = 0;
    const int64_t bad = factor(m, a + j * d + j, d, w + j * d + j, d, diagonal, &pivot);
    if (bad >= 0) return {j + bad, pivot};
    eliminate(d, j, m, a, w, scratch);
    invert_rows(d, j, m, a, w, scratch);
  }
  return {-1, 0};
}

}  // namespace gramian
