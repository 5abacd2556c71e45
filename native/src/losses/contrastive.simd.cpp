// The vector loops of the contrastive losses over a row or a tile. Per entry of a tile: one exp2 (13 instructions a
// vector) and about 4 more; twice that with shifts of rows and columns.
#include "losses/contrastive.h"

#include <cmath>

#include "core/simd_math.h"
#include "gramian/epilogue/nt_xent.h"
#include "gramian/epilogue/similarity.h"

namespace gramian {
namespace GRAMIAN_ISA {
namespace {

using nt_xent::exponent;

template <int kind>
void fold(int64_t m, int64_t n, const float* tile, int64_t stride, float scale, float* column, SoftmaxSums rows,
    SoftmaxSums columns) {
  for (int64_t j = 0; j < n; ++j) column[j] = 0;
  for (int64_t i = 0; i < m; ++i) {
    const float* s = tile + i * stride;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < n; ++j) {
      const float e = exp2_fast(exponent(similarity::value<kind>(s[j]), 1.0f, scale));
      sum += e;
      column[j] += e;
    }
    rows.sum[i] += sum;
  }
  if (columns.sum == nullptr) return;
  for (int64_t j = 0; j < n; ++j) columns.sum[j] += column[j];
}

// The factor of an old sum when the shift is raised.
inline float raised(float old_shift, float shift, float scale) { return exp2_fast(exponent(old_shift, shift, scale)); }

template <int kind>
void fold_columns_online(int64_t m, int64_t n, const float* tile, int64_t stride, float scale, float* column,
    SoftmaxSums columns) {
  float* most = column;
  float* sum = column + n;
  for (int64_t j = 0; j < n; ++j) most[j] = columns.shift[j];
  for (int64_t j = 0; j < n; ++j) sum[j] = 0;
  for (int64_t i = 0; i < m; ++i) {
    const float* s = tile + i * stride;
#pragma omp simd
    for (int64_t j = 0; j < n; ++j) {
      const float f = similarity::value<kind>(s[j]);
      most[j] = f > most[j] ? f : most[j];
    }
  }
  for (int64_t i = 0; i < m; ++i) {
    const float* s = tile + i * stride;
#pragma omp simd
    for (int64_t j = 0; j < n; ++j) sum[j] += exp2_fast(exponent(similarity::value<kind>(s[j]), most[j], scale));
  }
  for (int64_t j = 0; j < n; ++j) {
    columns.sum[j] = columns.sum[j] * raised(columns.shift[j], most[j], scale) + sum[j];
    columns.shift[j] = most[j];
  }
}

template <int kind>
void fold_online(int64_t m, int64_t n, const float* tile, int64_t stride, float scale, float* column, SoftmaxSums rows,
    SoftmaxSums columns) {
  for (int64_t i = 0; i < m; ++i) {
    const float* s = tile + i * stride;
    float most = rows.shift[i];
#pragma omp simd reduction(max : most)
    for (int64_t j = 0; j < n; ++j) {
      const float f = similarity::value<kind>(s[j]);
      most = f > most ? f : most;
    }
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < n; ++j) sum += exp2_fast(exponent(similarity::value<kind>(s[j]), most, scale));
    rows.sum[i] = rows.sum[i] * raised(rows.shift[i], most, scale) + sum;
    rows.shift[i] = most;
  }
  if (columns.sum != nullptr) fold_columns_online<kind>(m, n, tile, stride, scale, column, columns);
}

template <int kind>
void weigh(int64_t m, int64_t n, float* tile, int64_t stride, float scale, const float* a, const float* b) {
  for (int64_t i = 0; i < m; ++i) {
    float* s = tile + i * stride;
    const float a_i = a[i];
#pragma omp simd
    for (int64_t j = 0; j < n; ++j) {
      const float e = exp2_fast(exponent(similarity::value<kind>(s[j]), 1.0f, scale));
      s[j] = nt_xent::weight(e, a_i, b[j]) * similarity::slope<kind>(s[j]);
    }
  }
}

template <int kind>
void weigh_online(
    int64_t m, int64_t n, float* tile, int64_t stride, float scale, SoftmaxSums rows, SoftmaxSums columns) {
  const float* b = columns.inverse;
  const float* column_shift = columns.shift;
  for (int64_t i = 0; i < m; ++i) {
    float* s = tile + i * stride;
    const float a_i = rows.inverse[i];
    const float shift = rows.shift[i];
#pragma omp simd
    for (int64_t j = 0; j < n; ++j) {
      const float f = similarity::value<kind>(s[j]);
      const float e_i = exp2_fast(exponent(f, shift, scale));
      const float e_j = exp2_fast(exponent(f, column_shift[j], scale));
      s[j] = nt_xent::shifted_weight(e_i, a_i, e_j, b[j]) * similarity::slope<kind>(s[j]);
    }
  }
}

}  // namespace

void contrastive_row(int64_t d, const float* z, RowRule rule, float limit, float* u, RowScale* scale) {
  double square = 0;
#pragma omp simd reduction(+ : square)
  for (int64_t k = 0; k < d; ++k) square += static_cast<double>(z[k]) * z[k];
  const double norm = std::sqrt(square);
  // written so that a norm of NaN counts as fixed and spreads
  const bool fixed = rule != RowRule::none && !(rule == RowRule::unit ? norm <= limit : norm < limit);
  const double target = rule == RowRule::cap ? limit : 1;
  // the inverse of an infinite norm is not 0: a row with an infinity has no direction
  const double inverse = norm - norm == 0 ? target / norm : NAN;
  const float factor = fixed ? static_cast<float>(inverse) : rule == RowRule::unit ? 1 / limit : 1.0f;
#pragma omp simd
  for (int64_t k = 0; k < d; ++k) u[k] = z[k] * factor;
  scale->gradient = fixed || rule != RowRule::unit ? factor : 0.0f;
  scale->inverse_square = fixed ? static_cast<float>(1 / (target * target)) : 0.0f;
}

double contrastive_row_gradient(
    int64_t d, const float* g, const float* u, RowScale scale, float factor, float beta, float* dz) {
  double dot = 0;
#pragma omp simd reduction(+ : dot)
  for (int64_t k = 0; k < d; ++k) dot += static_cast<double>(g[k]) * u[k];
  const float along = static_cast<float>(dot) * scale.inverse_square;
  const float back = factor * scale.gradient;
  if (scale.gradient == 0) {  // a zero row has no direction: no gradient, whatever g is
    for (int64_t k = 0; k < d; ++k) dz[k] = beta == 0 ? 0.0f : beta * dz[k];
  } else if (beta == 0) {
#pragma omp simd
    for (int64_t k = 0; k < d; ++k) dz[k] = (g[k] - u[k] * along) * back;
  } else {
#pragma omp simd
    for (int64_t k = 0; k < d; ++k) dz[k] = (g[k] - u[k] * along) * back + beta * dz[k];
  }
  return dot;
}

void contrastive_add(int64_t d, float a, const float* x, float* y) {
#pragma omp simd
  for (int64_t k = 0; k < d; ++k) y[k] += a * x[k];
}

double contrastive_dot(int64_t d, const float* x, const float* y) {
  double dot = 0;
#pragma omp simd reduction(+ : dot)
  for (int64_t k = 0; k < d; ++k) dot += static_cast<double>(x[k]) * y[k];
  return dot;
}

void contrastive_fold(int kind, int64_t m, int64_t n, const float* tile, int64_t stride, float scale, float* column,
    SoftmaxSums rows, SoftmaxSums columns) {
  if (kind == similarity::kCosine) return fold<similarity::kCosine>(m, n, tile, stride, scale, column, rows, columns);
  if (kind == similarity::kSquare) return fold<similarity::kSquare>(m, n, tile, stride, scale, column, rows, columns);
  return fold<similarity::kAbsolute>(m, n, tile, stride, scale, column, rows, columns);
}

void contrastive_fold_online(int kind, int64_t m, int64_t n, const float* tile, int64_t stride, float scale,
    float* column, SoftmaxSums rows, SoftmaxSums columns) {
  if (kind == similarity::kCosine) {
    return fold_online<similarity::kCosine>(m, n, tile, stride, scale, column, rows, columns);
  }
  if (kind == similarity::kSquare) {
    return fold_online<similarity::kSquare>(m, n, tile, stride, scale, column, rows, columns);
  }
  return fold_online<similarity::kAbsolute>(m, n, tile, stride, scale, column, rows, columns);
}

void contrastive_weigh(int kind, int64_t m, int64_t n, float* tile, int64_t stride, float scale, SoftmaxSums rows,
    SoftmaxSums columns) {
  const float* a = rows.inverse;
  const float* b = columns.inverse;
  if (kind == similarity::kCosine) return weigh<similarity::kCosine>(m, n, tile, stride, scale, a, b);
  if (kind == similarity::kSquare) return weigh<similarity::kSquare>(m, n, tile, stride, scale, a, b);
  return weigh<similarity::kAbsolute>(m, n, tile, stride, scale, a, b);
}

void contrastive_weigh_online(int kind, int64_t m, int64_t n, float* tile, int64_t stride, float scale,
    SoftmaxSums rows, SoftmaxSums columns) {
  if (kind == similarity::kCosine) return weigh_online<similarity::kCosine>(m, n, tile, stride, scale, rows, columns);
  if (kind == similarity::kSquare) return weigh_online<similarity::kSquare>(m, n, tile, stride, scale, rows, columns);
  return weigh_online<similarity::kAbsolute>(m, n, tile, stride, scale, rows, columns);
}

void contrastive_stream(int64_t keys, int64_t queries, float* tile, int64_t stride, float scale, SoftmaxSums columns,
    float* change, float* partial) {
  float* most = partial;
  for (int64_t j = 0; j < queries; ++j) most[j] = columns.shift[j];
  for (int64_t i = 0; i < keys; ++i) {
    const float* s = tile + i * stride;
#pragma omp simd
    for (int64_t j = 0; j < queries; ++j) most[j] = s[j] > most[j] ? s[j] : most[j];
  }
  for (int64_t j = 0; j < queries; ++j) {
    change[j] = raised(columns.shift[j], most[j], scale);
    columns.shift[j] = most[j];
    partial[j] = 0;
  }
  const float* shift = columns.shift;
  for (int64_t i = 0; i < keys; ++i) {
    float* s = tile + i * stride;
#pragma omp simd
    for (int64_t j = 0; j < queries; ++j) {
      const float e = exp2_fast(exponent(s[j], shift[j], scale));
      s[j] = e;
      partial[j] += e;
    }
  }
  for (int64_t j = 0; j < queries; ++j) columns.sum[j] = columns.sum[j] * change[j] + partial[j];
}

void contrastive_squares(int64_t m, int64_t n, float* tile, int64_t stride, float factor, double* row_sum) {
  for (int64_t i = 0; i < m; ++i) {
    float* s = tile + i * stride;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < n; ++j) {
      sum += s[j] * s[j];
      s[j] *= factor;
    }
    row_sum[i] += sum;
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
