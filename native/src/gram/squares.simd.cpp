#include "gram/squares.h"

namespace gramian {
namespace GRAMIAN_ISA {

void fold_squares(int64_t rows, int64_t columns, float slope, float* tile, int64_t stride, double* row_sums,
    double* __restrict column_sums) {
  for (int64_t i = 0; i < rows; ++i) {
    float* row = tile + i * stride;
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < columns; ++j) {
      const double square = static_cast<double>(row[j]) * row[j];
      sum += square;
      column_sums[j] += square;
      row[j] *= slope;
    }
    row_sums[i] += sum;
  }
}

void merge_parts(int64_t count, int64_t parts, int64_t part_stride, float* k) {
  for (int64_t part = 1; part < parts; ++part) {
    const float* from = k + part * part_stride;
#pragma omp simd
    for (int64_t j = 0; j < count; ++j) k[j] += from[j];
  }
}

double inner_product(int64_t count, const float* a, const float* b) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < count; ++j) sum += static_cast<double>(a[j]) * b[j];
  return sum;
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
