// u_i = z_i / max(||z_i||, eps). 2 n d FLOP forward, 4 n d backward; each row is read and written once.
// Row sums run in float64: the norm of a long row keeps all its digits, and costs nothing beside the memory traffic.
#include "losses/normalize.h"

#include <cmath>

namespace gramian {
namespace GRAMIAN_ISA {

void normalize_rows(int threads, int64_t n, int64_t d, const float* z, float eps, float* u, float* norm) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t i = 0; i < n; ++i) {
    const float* zi = z + i * d;
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t k = 0; k < d; ++k) sum += static_cast<double>(zi[k]) * zi[k];
    const float length = static_cast<float>(std::sqrt(sum));
    norm[i] = length;
    const float scale = 1.0f / (length < eps ? eps : length);  // NaN stays NaN
    float* ui = u + i * d;
#pragma omp simd
    for (int64_t k = 0; k < d; ++k) ui[k] = zi[k] * scale;
  }
}

void normalize_rows_backward(int threads, int64_t n, int64_t d, const float* u, const float* norm, const float* du,
    float eps, float* dz) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t i = 0; i < n; ++i) {
    const float* ui = u + i * d;
    const float* gi = du + i * d;
    float* oi = dz + i * d;
    const bool clamped = norm[i] <= eps;
    double dot = 0;
    if (!clamped) {
#pragma omp simd reduction(+ : dot)
      for (int64_t k = 0; k < d; ++k) dot += static_cast<double>(ui[k]) * gi[k];
    }
    const float scale = 1.0f / (clamped ? eps : norm[i]);
    const float along = static_cast<float>(dot);
#pragma omp simd
    for (int64_t k = 0; k < d; ++k) oi[k] = (gi[k] - ui[k] * along) * scale;
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
