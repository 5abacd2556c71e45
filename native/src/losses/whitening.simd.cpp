// Row passes of whitening. Column means are summed in float64, row after row, so their order never changes.
#include "losses/whitening_rows.h"

namespace gramian {
namespace GRAMIAN_ISA {

static void column_means(int64_t n, int64_t d, const float* x, const int32_t* index, double* mean) {
  for (int64_t k = 0; k < d; ++k) mean[k] = 0;
  for (int64_t i = 0; i < n; ++i) {
    const float* xi = x + (index == nullptr ? i : static_cast<int64_t>(index[i])) * d;
#pragma omp simd
    for (int64_t k = 0; k < d; ++k) mean[k] += xi[k];
  }
  const double scale = 1.0 / static_cast<double>(n);
  for (int64_t k = 0; k < d; ++k) mean[k] *= scale;
}

void center_rows(
    int64_t n, int64_t d, const float* x, const int32_t* index, double* mean, float* centred, double* wide) {
  column_means(n, d, x, index, mean);
  for (int64_t i = 0; i < n; ++i) {
    const float* xi = x + (index == nullptr ? i : static_cast<int64_t>(index[i])) * d;
    float* ci = centred + i * d;
    double* wi = wide + i * d;
#pragma omp simd
    for (int64_t k = 0; k < d; ++k) {
      ci[k] = static_cast<float>(xi[k] - mean[k]);
      wi[k] = ci[k];  // the rounded value: S is then exactly the covariance of what is multiplied with W
    }
  }
}

void center_in_place(int64_t n, int64_t d, double* mean, float* dy) {
  column_means(n, d, dy, nullptr, mean);
  for (int64_t i = 0; i < n; ++i) {
    float* gi = dy + i * d;
#pragma omp simd
    for (int64_t k = 0; k < d; ++k) gi[k] = static_cast<float>(gi[k] - mean[k]);
  }
}

void scatter_rows(int64_t n, int64_t d, const float* g, const int32_t* index, bool add, float* dx) {
  for (int64_t i = 0; i < n; ++i) {
    const float* gi = g + i * d;
    float* oi = dx + (index == nullptr ? i : static_cast<int64_t>(index[i])) * d;
    if (add) {
#pragma omp simd
      for (int64_t k = 0; k < d; ++k) oi[k] += gi[k];
    } else {
#pragma omp simd
      for (int64_t k = 0; k < d; ++k) oi[k] = gi[k];
    }
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
