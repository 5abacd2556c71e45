// Unblocked Cholesky factorisation and triangular inverse of a block of order at most 32, by rows.
#include "linalg/cholesky.h"

// A square root as one instruction, without libm's errno.
#pragma GCC optimize("no-math-errno")

namespace gramian {
namespace GRAMIAN_ISA {

static double dot(int64_t n, const double* x, const double* y) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t k = 0; k < n; ++k) sum += x[k] * y[k];
  return sum;
}

int64_t cholesky_block(
    int64_t m, double* a, int64_t a_stride, double* w, int64_t w_stride, const double* tiny, double* pivot) {
  for (int64_t i = 0; i < m; ++i) {
    double* ai = a + i * a_stride;
    for (int64_t j = 0; j < i; ++j) {
      const double* aj = a + j * a_stride;
      ai[j] = (ai[j] - dot(j, ai, aj)) * w[j * w_stride + j];
    }
    *pivot = ai[i] - dot(i, ai, ai);
    if (!(*pivot > tiny[i])) return i;  // NaN fails too
    ai[i] = __builtin_sqrt(*pivot);
    w[i * w_stride + i] = 1.0 / ai[i];
  }
  for (int64_t i = 0; i < m; ++i) {  // row i of the inverse: -(sum_k<i L_ik W_k) / L_ii
    double* wi = w + i * w_stride;
    const double* ai = a + i * a_stride;
    const double scale = -wi[i];
    for (int64_t j = 0; j < i; ++j) wi[j] = 0;
    for (int64_t k = 0; k < i; ++k) {
      const double factor = ai[k] * scale;
      const double* wk = w + k * w_stride;
#pragma omp simd
      for (int64_t j = 0; j <= k; ++j) wi[j] += factor * wk[j];
    }
    for (int64_t j = i + 1; j < m; ++j) wi[j] = 0;
  }
  return -1;
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
