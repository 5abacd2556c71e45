#include "linalg/tridiagonal_rows.h"

#include "core/vector.h"

namespace gramian {
namespace GRAMIAN_ISA {

namespace {

using Vector = DoubleVector;
constexpr int kLanes = kVectorBytes / sizeof(double);
constexpr int kRows = 4;

// y_r = <a_r, x> and part += sum_r a_r x_(first + r) over j < first, for kRows rows lda apart: each element is loaded
// once for both of its products. Two vectors a step, so that the sums do not wait for each other.
inline void rows(
    int64_t first, const double* a, int64_t lda, const double* x, double* y, double* __restrict__ part) {
  Vector sum[2][kRows] = {};
  const double own[kRows] = {x[first], x[first + 1], x[first + 2], x[first + 3]};
  int64_t j = 0;
  for (; j + 2 * kLanes <= first; j += 2 * kLanes) {
#pragma GCC unroll 2
    for (int half = 0; half < 2; ++half) {
      const int64_t k = j + half * kLanes;
      const Vector xk = load(x + k);
      Vector p = load(part + k);
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r) {
        const Vector ar = load(a + r * lda + k);
        sum[half][r] += ar * xk;
        p += ar * own[r];
      }
      store(part + k, p);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    const Vector both = sum[0][r] + sum[1][r];
    y[r] = 0;
    for (int lane = 0; lane < kLanes; ++lane) y[r] += both[lane];
    for (int64_t k = j; k < first; ++k) {
      y[r] += a[r * lda + k] * x[k];
      part[k] += a[r * lda + k] * own[r];
    }
  }
}

}  // namespace

void symmetric_strip(
    int64_t from, int64_t to, const double* a, int64_t lda, const double* x, double* y, double* part) {
  for (int64_t j = 0; j < to; ++j) part[j] = 0;
  int64_t i = from;
  for (; i < to; i += kRows) {
    const int64_t count = to - i < kRows ? to - i : kRows;
    if (count == kRows) rows(i, a + i * lda, lda, x, y + i, part);
    for (int64_t r = 0; r < count; ++r) {
      const double* ar = a + (i + r) * lda;
      const int64_t first = count == kRows ? i : 0;
      double sum = count == kRows ? y[i + r] : 0;
      for (int64_t j = first; j < i + r; ++j) {
        sum += ar[j] * x[j];
        part[j] += ar[j] * x[i + r];
      }
      y[i + r] = sum + ar[i + r] * x[i + r];
    }
  }
}

double reflect_row(int64_t from, int64_t to, const double* row, int64_t count, const double* at_v, const double* at_w,
    const double* v, const double* w, int64_t stride, int64_t squared, double* out) {
  for (int64_t j = from; j < to; ++j) out[j] = row[j];
  for (int64_t k = 0; k < count; ++k) {
    const double* vk = v + k * stride;
    const double* wk = w + k * stride;
    const double a = at_v[k];
    const double b = at_w[k];
#pragma omp simd
    for (int64_t j = from; j < to; ++j) out[j] -= a * wk[j] + b * vk[j];
  }
  double sum = 0;
  const int64_t last = to < squared ? to : squared;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = from; j < last; ++j) sum += out[j] * out[j];
  return sum;
}

void panel_dots(int64_t from, int64_t to, int64_t count, const double* v, const double* w, int64_t stride,
    const double* x, double* dots) {
  for (int64_t k = 0; k < count; ++k) {
    const double* vk = v + k * stride;
    const double* wk = w + k * stride;
    double with_v = 0, with_w = 0;
#pragma omp simd reduction(+ : with_v, with_w)
    for (int64_t j = from; j < to; ++j) {
      with_v += vk[j] * x[j];
      with_w += wk[j] * x[j];
    }
    dots[k] = with_v;
    dots[count + k] = with_w;
  }
}

void finish_product(int64_t from, int64_t to, int64_t count, const double* v, const double* w, int64_t stride,
    const double* dots, double factor, const double* y, const double* z, double at, const double* r, double of_x,
    const double* x, double* out) {
#pragma omp simd
  for (int64_t j = from; j < to; ++j) out[j] = y[j] + z[j] + at * r[j];
  for (int64_t k = 0; k < count; ++k) {
    const double* vk = v + k * stride;
    const double* wk = w + k * stride;
    const double with_v = dots[k];
    const double with_w = dots[count + k];
#pragma omp simd
    for (int64_t j = from; j < to; ++j) out[j] -= vk[j] * with_w + wk[j] * with_v;
  }
#pragma omp simd
  for (int64_t j = from; j < to; ++j) out[j] = factor * out[j] + of_x * x[j];
}

void add_scaled(int64_t from, int64_t to, const double* y, double factor, const double* x, double* out) {
#pragma omp simd
  for (int64_t j = from; j < to; ++j) out[j] = y[j] + factor * x[j];
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
