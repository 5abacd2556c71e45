// Pairs of views without a loop over pairs: with the mean m of the V vectors of a row,
//   sum_{a<b} |u_a - u_b|^2 = V sum_v |u_v - m|^2        (no difference of large numbers, never negative)
//   gradient in u_v         = 2 V (u_v - m)
// u = y / max(|y|, 1e-12), or y. For unit vectors |u_a - u_b|^2 = 2 - 2 <u_a, u_b>, the loss as published; a row below
// the clamp is not a unit vector and is corrected by (V - 1)(1 - |u|^2), the gradient by -2 (V - 1) u. O(V d) per row.
// One-sided (solo-learn's detached second view): gradient in u_v = 2 sum_{b>v} (u_v - u_b), with V - 1 - v for V - 1.
#include "losses/w_mse_rows.h"

#include <cmath>

namespace gramian {
namespace GRAMIAN_ISA {

static constexpr float kClamp = 1e-12f;  // torch.nn.functional.normalize

static double squared_norm(int64_t d, const float* x) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t k = 0; k < d; ++k) sum += static_cast<double>(x[k]) * x[k];
  return sum;
}

// 1 / max(|y|, clamp), or 1.
static float scale_of(int64_t d, const float* y, bool normalize) {
  if (!normalize) return 1.0f;
  const float norm = static_cast<float>(std::sqrt(squared_norm(d, y)));
  return 1.0f / (norm < kClamp ? kClamp : norm);
}

// difference = scale y - mean; returns its squared norm.
static double deviation(int64_t d, const float* y, float scale, const float* mean, float* difference) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t k = 0; k < d; ++k) {
    const float x = scale * y[k] - mean[k];
    difference[k] = x;
    sum += static_cast<double>(x) * x;
  }
  return sum;
}

// g = factor r difference, made orthogonal to u = r y where that is a unit vector.
static void row_gradient(
    int64_t d, const float* y, float r, const float* difference, double factor, bool project, float clamped, float* g) {
  double along = 0;
  if (project) {
#pragma omp simd reduction(+ : along)
    for (int64_t k = 0; k < d; ++k) along += static_cast<double>(difference[k]) * y[k];
  }
  const float a = static_cast<float>(factor * r);
  const float b = static_cast<float>(-along * factor * r * r * r - clamped);
#pragma omp simd
  for (int64_t k = 0; k < d; ++k) g[k] = a * difference[k] + b * y[k];
}

// Gradients of row i when only the earlier view of a pair moves, from the last view to the first; later: sum of the
// views after v.
static void one_sided_gradients(int64_t views, int64_t i, int64_t d, const float* const* y, bool normalize,
    double scale, float* const* dy, float* later, float* difference) {
  for (int64_t k = 0; k < d; ++k) later[k] = 0;
  for (int64_t v = views - 1; v >= 0; --v) {
    const float* row = y[v] + i * d;
    const float r = scale_of(d, row, normalize);
    const float pairs = static_cast<float>(views - 1 - v);
#pragma omp simd
    for (int64_t k = 0; k < d; ++k) {
      difference[k] = pairs * (r * row[k]) - later[k];
      later[k] += r * row[k];
    }
    const bool clamped = normalize && r == 1.0f / kClamp;
    const float correction = clamped ? static_cast<float>(2 * pairs * scale * r * r) : 0.0f;
    row_gradient(d, row, r, difference, 2 * scale, normalize && !clamped, correction, dy[v] + i * d);
  }
}

double w_mse_rows(int64_t views, int64_t from, int64_t to, int64_t d, const float* const* y, bool normalize,
    bool one_sided, double scale, float* const* dy, float* scratch) {
  float* mean = scratch;
  float* difference = scratch + d;
  const double count = static_cast<double>(views);
  double sum = 0;
  for (int64_t i = from; i < to; ++i) {
    for (int64_t k = 0; k < d; ++k) mean[k] = 0;
    for (int64_t v = 0; v < views; ++v) {
      const float* row = y[v] + i * d;
      const float r = scale_of(d, row, normalize) / static_cast<float>(views);
#pragma omp simd
      for (int64_t k = 0; k < d; ++k) mean[k] += r * row[k];
    }
    for (int64_t v = 0; v < views; ++v) {
      const float* row = y[v] + i * d;
      const float r = scale_of(d, row, normalize);
      sum += count * deviation(d, row, r, mean, difference);
      const bool clamped = normalize && r == 1.0f / kClamp;
      if (clamped) sum += (count - 1) * (1 - squared_norm(d, row) * r * r);
      if (dy == nullptr || one_sided) continue;
      const float correction = clamped ? static_cast<float>(2 * (count - 1) * scale * r * r) : 0.0f;
      row_gradient(d, row, r, difference, 2 * count * scale, normalize && !clamped, correction, dy[v] + i * d);
    }
    if (dy != nullptr && one_sided) {
      one_sided_gradients(views, i, d, y, normalize, scale, dy, scratch + 2 * d, difference);
    }
  }
  return sum;
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
