// Columns are summed row after row, each by one thread: the same bits whatever the thread count.
#include "linalg/spectrum.h"

#include <cmath>

namespace gramian {
namespace GRAMIAN_ISA {

static constexpr double kClamp = 1e-12;  // torch.nn.functional.normalize

void row_scales(int threads, int64_t n, int64_t d, const float* z, double* scale) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t i = 0; i < n; ++i) {
    const float* zi = z + i * d;
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t k = 0; k < d; ++k) sum += static_cast<double>(zi[k]) * zi[k];
    const double norm = std::sqrt(sum);
    scale[i] = 1.0 / (norm < kClamp ? kClamp : norm);  // NaN stays NaN
  }
}

void scaled_means(
    int64_t n, int64_t d, int64_t from, int64_t to, const float* z, const double* scale, double* mean) {
  for (int64_t k = from; k < to; ++k) mean[k] = 0;
  for (int64_t i = 0; i < n; ++i) {
    const float* zi = z + i * d;
    const double s = scale[i];
#pragma omp simd
    for (int64_t k = from; k < to; ++k) mean[k] += s * zi[k];
  }
  const double inverse = 1.0 / static_cast<double>(n);
  for (int64_t k = from; k < to; ++k) mean[k] *= inverse;
}

void scaled_squares(int64_t n, int64_t d, int64_t from, int64_t to, const float* z, const double* scale,
    const double* mean, double* sum) {
  for (int64_t k = from; k < to; ++k) sum[k] = 0;
  for (int64_t i = 0; i < n; ++i) {
    const float* zi = z + i * d;
    const double s = scale[i];
#pragma omp simd
    for (int64_t k = from; k < to; ++k) {
      const double x = s * zi[k] - mean[k];
      sum[k] += x * x;
    }
  }
}

void narrow_columns(int64_t n, int64_t d, int64_t from, int64_t to, const float* z, const double* scale,
    const double* mean, float* x, int64_t ldx) {
  for (int64_t i = 0; i < n; ++i) {
    const float* zi = z + i * d;
    float* xi = x + i * ldx;
    const double s = scale[i];
#pragma omp simd
    for (int64_t k = from; k < to; ++k) xi[k - from] = static_cast<float>(s * zi[k] - mean[k]);
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
