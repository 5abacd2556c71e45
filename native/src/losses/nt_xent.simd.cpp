// The vector loops of NT-Xent over one tile or one row. Formula and names: gramian/epilogue/nt_xent.h.
// Per entry of a tile: one exp2 (13 instructions a vector) and about 4 more; twice that with shifts per row.
#include "losses/nt_xent.h"

#include "core/simd_math.h"
#include "gramian/epilogue/nt_xent.h"

namespace gramian {
namespace GRAMIAN_ISA {

void nt_xent_fold(int64_t m, int64_t n, const float* tile, int64_t stride, float scale, float* column, double* row_sum,
    double* column_sum) {
  for (int64_t j = 0; j < n; ++j) column[j] = 0;
  for (int64_t i = 0; i < m; ++i) {
    const float* s = tile + i * stride;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < n; ++j) {
      const float e = exp2_fast(nt_xent::exponent(s[j], 1.0f, scale));
      sum += e;
      column[j] += e;
    }
    row_sum[i] += sum;
  }
  if (column_sum == nullptr) return;
  for (int64_t j = 0; j < n; ++j) column_sum[j] += column[j];
}

void nt_xent_fold_shifted(int64_t m, int64_t n, const float* tile, int64_t stride, float scale, const float* row_shift,
    const float* column_shift, float* column, double* row_sum, double* column_sum) {
  for (int64_t j = 0; j < n; ++j) column[j] = 0;
  for (int64_t i = 0; i < m; ++i) {
    const float* s = tile + i * stride;
    const float shift = row_shift[i];
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < n; ++j) {
      sum += exp2_fast(nt_xent::exponent(s[j], shift, scale));
      column[j] += exp2_fast(nt_xent::exponent(s[j], column_shift[j], scale));
    }
    row_sum[i] += sum;
  }
  if (column_sum == nullptr) return;
  for (int64_t j = 0; j < n; ++j) column_sum[j] += column[j];
}

void nt_xent_max(
    int64_t m, int64_t n, const float* tile, int64_t stride, float* row_max, float* column_max) {
  for (int64_t i = 0; i < m; ++i) {
    const float* s = tile + i * stride;
    float most = row_max[i];
#pragma omp simd reduction(max : most)
    for (int64_t j = 0; j < n; ++j) most = s[j] > most ? s[j] : most;
    row_max[i] = most;
    if (column_max == nullptr) continue;
#pragma omp simd
    for (int64_t j = 0; j < n; ++j) column_max[j] = s[j] > column_max[j] ? s[j] : column_max[j];
  }
}

void nt_xent_weigh(int64_t m, int64_t n, float* tile, int64_t stride, float scale, const float* a, const float* b) {
  for (int64_t i = 0; i < m; ++i) {
    float* s = tile + i * stride;
    const float a_i = a[i];
#pragma omp simd
    for (int64_t j = 0; j < n; ++j) {
      s[j] = nt_xent::weight(exp2_fast(nt_xent::exponent(s[j], 1.0f, scale)), a_i, b[j]);
    }
  }
}

void nt_xent_weigh_shifted(int64_t m, int64_t n, float* tile, int64_t stride, float scale, const float* row_shift,
    const float* a, const float* column_shift, const float* b) {
  for (int64_t i = 0; i < m; ++i) {
    float* s = tile + i * stride;
    const float a_i = a[i];
    const float shift = row_shift[i];
#pragma omp simd
    for (int64_t j = 0; j < n; ++j) {
      const float e_i = exp2_fast(nt_xent::exponent(s[j], shift, scale));
      const float e_j = exp2_fast(nt_xent::exponent(s[j], column_shift[j], scale));
      s[j] = nt_xent::shifted_weight(e_i, a_i, e_j, b[j]);
    }
  }
}

void nt_xent_row_gradient(int64_t d, const float* wu, const float* u, const float* u_positive, float factor, float miss,
    float norm, float eps, float beta, float* dz) {
  if (norm <= eps) {  // a zero row has no direction: no gradient, rather than one divided by eps
    for (int64_t k = 0; k < d; ++k) dz[k] = beta == 0 ? 0.0f : beta * dz[k];
    return;
  }
  double dot = 0;
#pragma omp simd reduction(+ : dot)
  for (int64_t k = 0; k < d; ++k) dot += static_cast<double>(wu[k] - miss * u_positive[k]) * u[k];
  const float along = static_cast<float>(dot);
  const float scale = factor / norm;
  if (beta == 0) {
#pragma omp simd
    for (int64_t k = 0; k < d; ++k) dz[k] = (wu[k] - miss * u_positive[k] - u[k] * along) * scale;
  } else {
#pragma omp simd
    for (int64_t k = 0; k < d; ++k) dz[k] = (wu[k] - miss * u_positive[k] - u[k] * along) * scale + beta * dz[k];
  }
}

double nt_xent_dot(int64_t d, const float* x, const float* y) {
  double dot = 0;
#pragma omp simd reduction(+ : dot)
  for (int64_t k = 0; k < d; ++k) dot += static_cast<double>(x[k]) * y[k];
  return dot;
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
