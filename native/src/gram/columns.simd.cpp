// Kernels of columns.h: each visits its block once, row by row, with one accumulator a column (at most a few kB: L1).
#include "gram/columns.h"

namespace gramian {
namespace GRAMIAN_ISA {
namespace {

void clear(int64_t w, double* sum) {
  for (int64_t j = 0; j < w; ++j) sum[j] = 0;
}

// mean = high + low
void split(int64_t w, const double* mean, float* high, float* low) {
  for (int64_t j = 0; j < w; ++j) {
    high[j] = static_cast<float>(mean[j]);
    low[j] = static_cast<float>(mean[j] - high[j]);
  }
}

// Asks for the row that comes kAhead rows later: rows of a wide matrix lie on pages of their own, where the processor's
// prefetcher does not follow.
constexpr int64_t kAhead = 4;

void prefetch_row(int64_t i, int64_t n, int64_t w, const float* row, int64_t stride) {
  if (i + kAhead >= n) return;
  const char* later = reinterpret_cast<const char*>(row + kAhead * stride);
  for (int64_t byte = 0; byte < w * 4; byte += 64) __builtin_prefetch(later + byte);
}

}  // namespace

void columns_load(int64_t n, int64_t w, const float* z, int64_t ldz, float* x, int64_t ldx, double* __restrict sum) {
  clear(w, sum);
  for (int64_t i = 0; i < n; ++i) {
    const float* from = z + i * ldz;
    prefetch_row(i, n, w, from, ldz);
    float* to = x + i * ldx;
#pragma omp simd
    for (int64_t j = 0; j < w; ++j) {
      const float value = from[j];
      to[j] = value;
      sum[j] += value;
    }
  }
}

void columns_center(int64_t n, int64_t w, const double* mean, float* x, int64_t ldx, double* __restrict squares) {
  float high[kWidestBlock];
  float low[kWidestBlock];
  split(w, mean, high, low);
  clear(w, squares);
  for (int64_t i = 0; i < n; ++i) {
    float* row = x + i * ldx;
#pragma omp simd
    for (int64_t j = 0; j < w; ++j) {
      const float value = (row[j] - high[j]) - low[j];
      row[j] = value;
      squares[j] += static_cast<double>(value) * value;
    }
  }
}

void columns_scale(int64_t n, int64_t w, const float* __restrict factor, float* x, int64_t ldx) {
  for (int64_t i = 0; i < n; ++i) {
    float* row = x + i * ldx;
#pragma omp simd
    for (int64_t j = 0; j < w; ++j) row[j] *= factor[j];
  }
}

void columns_apply(int64_t n, int64_t w, const float* z, int64_t ldz, const double* __restrict mean,
    const float* __restrict factor, float* x, int64_t ldx) {
  float high[kWidestBlock];
  float low[kWidestBlock];
  split(w, mean, high, low);
  for (int64_t i = 0; i < n; ++i) {
    const float* from = z + i * ldz;
    prefetch_row(i, n, w, from, ldz);
    float* to = x + i * ldx;
#pragma omp simd
    for (int64_t j = 0; j < w; ++j) to[j] = ((from[j] - high[j]) - low[j]) * factor[j];
  }
}

void columns_sums(int64_t n, int64_t w, const float* g, int64_t ldg, const float* x, int64_t ldx,
    double* __restrict sum, double* __restrict dot) {
  clear(w, sum);
  clear(w, dot);
  for (int64_t i = 0; i < n; ++i) {
    const float* gi = g + i * ldg;
    const float* xi = x + i * ldx;
#pragma omp simd
    for (int64_t j = 0; j < w; ++j) {
      sum[j] += gi[j];
      dot[j] += static_cast<double>(gi[j]) * xi[j];
    }
  }
}

void columns_dot(
    int64_t n, int64_t w, const float* x, int64_t ldx, const float* y, int64_t ldy, double* __restrict dot) {
  clear(w, dot);
  for (int64_t i = 0; i < n; ++i) {
    const float* xi = x + i * ldx;
    const float* yi = y + i * ldy;
#pragma omp simd
    for (int64_t j = 0; j < w; ++j) dot[j] += static_cast<double>(xi[j]) * yi[j];
  }
}

void columns_combine(int64_t n, int64_t w, float coefficient, const float* p, int64_t ldp, const float* x, int64_t ldx,
    const float* __restrict weight, float pull, const float* y, const float* z, int64_t ldyz, float* out, int64_t ldo) {
  for (int64_t i = 0; i < n; ++i) {
    const float* pi = p + i * ldp;
    const float* xi = x + i * ldx;
    float* oi = out + i * ldo;
#pragma omp simd
    for (int64_t j = 0; j < w; ++j) oi[j] = coefficient * pi[j] + xi[j] * weight[j];
    if (y == nullptr) continue;
    const float* yi = y + i * ldyz;
    const float* zi = z + i * ldyz;
#pragma omp simd
    for (int64_t j = 0; j < w; ++j) oi[j] += pull * (yi[j] - zi[j]);
  }
}

void columns_unstandardize(int64_t n, int64_t w, const float* g, int64_t ldg, const float* __restrict mean,
    const float* x, int64_t ldx, const float* __restrict along, const float* __restrict rstd, float* out, int64_t ldo) {
  for (int64_t i = 0; i < n; ++i) {
    const float* gi = g + i * ldg;
    const float* xi = x + i * ldx;
    float* oi = out + i * ldo;
#pragma omp simd
    for (int64_t j = 0; j < w; ++j) oi[j] = rstd[j] * ((gi[j] - mean[j]) - xi[j] * along[j]);
  }
}

double columns_distance(int64_t n, int64_t w, const float* x, int64_t ldx, const float* y, int64_t ldy) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    const float* xi = x + i * ldx;
    const float* yi = y + i * ldy;
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < w; ++j) {
      const float difference = xi[j] - yi[j];
      sum += static_cast<double>(difference) * difference;
    }
  }
  return sum;
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
