// Per entry: a maximum, a multiply-add and an exponential (13 instructions a vector) for the row, the same for the
// column. Comparisons let NaN fall out of the maximum, not out of the sum.
#include "gram/exponentials.h"

#include <cfloat>

#include "core/simd_math.h"

namespace gramian {
namespace GRAMIAN_ISA {

void fold_exponentials(int64_t rows, int64_t columns, float scale, const float* tile, int64_t ld, float* max,
    double* sum, float* __restrict col_max, double* __restrict col_sum) {
  for (int64_t i = 0; i < rows; ++i) {
    const float* row = tile + i * ld;
    float m = -FLT_MAX;
#pragma omp simd reduction(max : m)
    for (int64_t j = 0; j < columns; ++j) m = row[j] > m ? row[j] : m;
    double total = 0;
#pragma omp simd reduction(+ : total)
    for (int64_t j = 0; j < columns; ++j) total += exp2_fast((row[j] - m) * scale);
    max[i] = m;
    sum[i] = total;
  }
  if (col_max == nullptr) return;
  for (int64_t j = 0; j < columns; ++j) {
    col_max[j] = -FLT_MAX;
    col_sum[j] = 0;
  }
  for (int64_t i = 0; i < rows; ++i) {
    const float* row = tile + i * ld;
#pragma omp simd
    for (int64_t j = 0; j < columns; ++j) col_max[j] = row[j] > col_max[j] ? row[j] : col_max[j];
  }
  for (int64_t i = 0; i < rows; ++i) {
    const float* row = tile + i * ld;
#pragma omp simd
    for (int64_t j = 0; j < columns; ++j) col_sum[j] += exp2_fast((row[j] - col_max[j]) * scale);
  }
}

void weigh_exponentials(int64_t rows, int64_t columns, float scale, float weight, const float* max_i,
    const float* inverse_i, const float* __restrict max_j, const float* __restrict inverse_j, float* tile, int64_t ld) {
  for (int64_t i = 0; i < rows; ++i) {
    float* row = tile + i * ld;
    const float m = max_i[i];
    const float a = inverse_i[i] * weight;
#pragma omp simd
    for (int64_t j = 0; j < columns; ++j) {
      const float by_row = exp2_fast((row[j] - m) * scale) * a;
      const float by_column = exp2_fast((row[j] - max_j[j]) * scale) * (inverse_j[j] * weight);
      row[j] = by_row + by_column;
    }
  }
}

double fold_magnitudes(int64_t rows, int64_t columns, float weight, float* tile, int64_t ld) {
  double sum = 0;
  for (int64_t i = 0; i < rows; ++i) {
    float* row = tile + i * ld;
    double of_row = 0;
#pragma omp simd reduction(+ : of_row)
    for (int64_t j = 0; j < columns; ++j) {
      const float c = row[j];
      of_row += __builtin_fabsf(c);
      row[j] = c > 0 ? weight : c < 0 ? -weight : c;  // 0 and NaN stay
    }
    sum += of_row;
  }
  return sum;
}

double fold_gaussians(int64_t rows, int64_t columns, float scale, const float* shift_i,
    const float* __restrict shift_j, const float* tile, int64_t ld) {
  double sum = 0;
  for (int64_t i = 0; i < rows; ++i) {
    const float* row = tile + i * ld;
    const float shift = shift_i[i];
    double of_row = 0;
#pragma omp simd reduction(+ : of_row)
    for (int64_t j = 0; j < columns; ++j) of_row += exp2_fast(scale * row[j] - shift - shift_j[j]);
    sum += of_row;
  }
  return sum;
}

void weigh_gaussians(int64_t rows, int64_t columns, float scale, float weight, const float* shift_i,
    const float* __restrict shift_j, float* tile, int64_t ld) {
  for (int64_t i = 0; i < rows; ++i) {
    float* row = tile + i * ld;
    const float shift = shift_i[i];
#pragma omp simd
    for (int64_t j = 0; j < columns; ++j) row[j] = weight * exp2_fast(scale * row[j] - shift - shift_j[j]);
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
