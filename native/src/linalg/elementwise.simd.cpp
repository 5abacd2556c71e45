// Sums of vectors and rows: one pass over memory each.
#include "linalg/elementwise.h"

namespace gramian {
namespace GRAMIAN_ISA {

void add(int threads, int64_t count, const float* x, const float* y, float* z) {
#pragma omp parallel for simd num_threads(threads) schedule(static) if (count > kParallelFrom)
  for (int64_t i = 0; i < count; ++i) z[i] = x[i] + y[i];
}

void scale(int threads, int64_t count, float factor, const float* x, float* y) {
#pragma omp parallel for simd num_threads(threads) schedule(static) if (count > kParallelFrom)
  for (int64_t i = 0; i < count; ++i) y[i] = factor * x[i];
}

void add_to_rows(int threads, int64_t rows, int64_t columns, const float* x, const float* bias, float* y) {
#pragma omp parallel for num_threads(threads) schedule(static) if (rows * columns > kParallelFrom)
  for (int64_t i = 0; i < rows; ++i) {
    const float* xi = x + i * columns;
    float* yi = y + i * columns;
#pragma omp simd
    for (int64_t j = 0; j < columns; ++j) yi[j] = xi[j] + bias[j];
  }
}

void column_sums(int threads, int64_t rows, int64_t columns, const float* x, double* partial, float* sums) {
  const int64_t chunks = reduction_chunks(rows);
#pragma omp parallel for num_threads(threads) schedule(static) if (chunks > 1)
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    double* sum = partial + chunk * columns;
    for (int64_t j = 0; j < columns; ++j) sum[j] = 0;
    const int64_t end = chunk_begin(rows, chunks, chunk + 1);
    for (int64_t i = chunk_begin(rows, chunks, chunk); i < end; ++i) {
      const float* xi = x + i * columns;
#pragma omp simd
      for (int64_t j = 0; j < columns; ++j) sum[j] += static_cast<double>(xi[j]);
    }
  }
  for (int64_t j = 0; j < columns; ++j) {
    double sum = 0;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) sum += partial[chunk * columns + j];
    sums[j] = static_cast<float>(sum);
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
