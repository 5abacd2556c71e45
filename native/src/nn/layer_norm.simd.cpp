// Layer normalisation of the rows of (rows,d). A row stays in the L1 cache between its passes: mean, then squared
// deviations from it, both summed in float64 (no E[x^2] - E[x]^2), then the output. Bytes: 8 rows d forward, 12
// backward.
//
// Backward, with g = gamma dy: the two row means of g and g xhat, then dx. Sums over rows are taken in chunks that
// depend on the number of rows only, in float64, and added in order.
#include "nn/layer_norm.h"

#include <cmath>

#include "linalg/elementwise.h"

namespace gramian {
namespace GRAMIAN_ISA {
namespace {

double row_mean(int64_t d, const float* x) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < d; ++j) sum += static_cast<double>(x[j]);
  return sum / static_cast<double>(d);
}

double row_variance(int64_t d, const float* x, double mean) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < d; ++j) {
    const double difference = static_cast<double>(x[j]) - mean;
    sum += difference * difference;
  }
  return sum / static_cast<double>(d);
}

struct Row {
  const float* x;
  const float* dy;
  float mean;
  float rstd;
};

// dx of one row; adds dy xhat and dy to the sums of its chunk.
void gradient_row(int64_t d, const float* gamma, const Row& row, double* dgamma, double* dbeta, float* dx) {
  double plain = 0;
  double along = 0;
#pragma omp simd reduction(+ : plain, along)
  for (int64_t j = 0; j < d; ++j) {
    const float xhat = (row.x[j] - row.mean) * row.rstd;
    const double g = static_cast<double>(gamma[j]) * static_cast<double>(row.dy[j]);
    plain += g;
    along += g * static_cast<double>(xhat);
  }
  const double mean_g = plain / static_cast<double>(d);
  const double mean_g_xhat = along / static_cast<double>(d);
#pragma omp simd
  for (int64_t j = 0; j < d; ++j) {
    const float xhat = (row.x[j] - row.mean) * row.rstd;
    dgamma[j] += static_cast<double>(row.dy[j] * xhat);
    dbeta[j] += static_cast<double>(row.dy[j]);
    const double g = static_cast<double>(gamma[j]) * static_cast<double>(row.dy[j]);  // exact: what cancels, does
    dx[j] = row.rstd * static_cast<float>(g - mean_g - static_cast<double>(xhat) * mean_g_xhat);
  }
}

}  // namespace

void layer_norm_forward(
    int threads, const LayerNorm& norm, const float* beta, float epsilon, float* y, float* mean, float* rstd) {
  const int64_t d = norm.d;
  const float* gamma = norm.gamma;
#pragma omp parallel for num_threads(threads) schedule(static) if (norm.rows * d > kParallelFrom)
  for (int64_t i = 0; i < norm.rows; ++i) {
    const float* x = norm.x + i * d;
    const double exact = row_mean(d, x);
    const float m = static_cast<float>(exact);
    const float r = static_cast<float>(1 / std::sqrt(row_variance(d, x, exact) + static_cast<double>(epsilon)));
    float* out = y + i * d;
#pragma omp simd
    for (int64_t j = 0; j < d; ++j) out[j] = (x[j] - m) * r * gamma[j] + beta[j];
    mean[i] = m;
    rstd[i] = r;
  }
}

void layer_norm_backward(int threads, const LayerNorm& norm, const float* mean, const float* rstd, const float* dy,
    double* partial, float* dx, float* dgamma, float* dbeta) {
  const int64_t d = norm.d;
  const int64_t chunks = reduction_chunks(norm.rows);
#pragma omp parallel for num_threads(threads) schedule(static) if (chunks > 1)
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    double* sums = partial + chunk * 2 * d;
    for (int64_t j = 0; j < 2 * d; ++j) sums[j] = 0;
    const int64_t end = chunk_begin(norm.rows, chunks, chunk + 1);
    for (int64_t i = chunk_begin(norm.rows, chunks, chunk); i < end; ++i) {
      const Row row{norm.x + i * d, dy + i * d, mean[i], rstd[i]};
      gradient_row(d, norm.gamma, row, sums, sums + d, dx + i * d);
    }
  }
  for (int64_t j = 0; j < d; ++j) {
    double of_gamma = 0;
    double of_beta = 0;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      of_gamma += partial[chunk * 2 * d + j];
      of_beta += partial[chunk * 2 * d + d + j];
    }
    dgamma[j] = static_cast<float>(of_gamma);
    dbeta[j] = static_cast<float>(of_beta);
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
