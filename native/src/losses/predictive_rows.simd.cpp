// One pass over the rows each; sums in float64. cos(k h x) and sin(k h x) come from those of h x by rotation: one sine
// and cosine an entry, then 4 multiply-adds a knot, all in float64 (error below 1e-13).
#include "losses/predictive_rows.h"

#include <cmath>

#include "gramian/epilogue/alignment_uniformity.h"
#include "gramian/epilogue/sig_reg.h"

namespace gramian {
namespace GRAMIAN_ISA {

static double dot(int64_t d, const float* a, const float* b) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t k = 0; k < d; ++k) sum += static_cast<double>(a[k]) * b[k];
  return sum;
}

double cosine_rows(
    int64_t from, int64_t to, int64_t d, const float* p, const float* z, double eps, double factor, float* dp) {
  double sum = 0;
  for (int64_t i = from; i < to; ++i) {
    const float* pi = p + i * d;
    const float* zi = z + i * d;
    const double norm_p = std::sqrt(dot(d, pi, pi));
    const double norm_z = std::sqrt(dot(d, zi, zi));
    const double by_p = 1 / (norm_p < eps ? eps : norm_p);  // NaN stays NaN
    const double by_z = 1 / (norm_z < eps ? eps : norm_z);
    const double cosine = dot(d, pi, zi) * by_p * by_z;
    sum += cosine;
    if (dp == nullptr) continue;
    const bool clamped = norm_p <= eps;
    const float along_z = clamped ? 0.0f : static_cast<float>(factor * by_p * by_z);
    const float along_p = clamped ? 0.0f : static_cast<float>(-factor * cosine * by_p * by_p);
    float* out = dp + i * d;
#pragma omp simd
    for (int64_t k = 0; k < d; ++k) out[k] = along_z * zi[k] + along_p * pi[k];
  }
  return sum;
}

double center_distance(int64_t views, int64_t globals, int64_t from, int64_t to, const float* const* z, double factor,
    float* const* dz) {
  const double of_globals = 1.0 / static_cast<double>(globals);
  double sum = 0;
  for (int64_t e = from; e < to; ++e) {
    double center = 0;
    double all = 0;
    for (int64_t v = 0; v < views; ++v) {
      all += z[v][e];
      if (v + 1 == globals) center = all * of_globals;
    }
    for (int64_t v = 0; v < views; ++v) sum += (z[v][e] - center) * (z[v][e] - center);
    if (dz == nullptr) continue;
    // the centre follows the global views: each of them takes its share of the gradient of the centre
    const double share = (all - static_cast<double>(views) * center) * of_globals;
    for (int64_t v = 0; v < views; ++v) {
      const double gradient = (z[v][e] - center) - (v < globals ? share : 0);
      dz[v][e] = static_cast<float>(dz[v][e] + factor * gradient);
    }
  }
  return sum;
}

// One row of kDirections angles: cosines and sines of k times the angle, k = 1 at first.
struct Rotation {
  double cos1[kDirections], sin1[kDirections], cosk[kDirections], sink[kDirections];
};

static void start(int64_t w, double h, const float* x, Rotation* r) {
#pragma omp simd
  for (int64_t j = 0; j < w; ++j) {
    double s, c;
    sine_cosine(h * x[j], &s, &c);
    r->cos1[j] = c;
    r->sin1[j] = s;
    r->cosk[j] = c;
    r->sink[j] = s;
  }
}

static void advance(int64_t w, Rotation* r) {
#pragma omp simd
  for (int64_t j = 0; j < w; ++j) {
    const double c = r->cosk[j] * r->cos1[j] - r->sink[j] * r->sin1[j];
    r->sink[j] = r->sink[j] * r->cos1[j] + r->cosk[j] * r->sin1[j];
    r->cosk[j] = c;
  }
}

void characteristic_sums(int64_t n, int64_t w, int64_t knots, double h, const float* x, int64_t ldx,
    double* __restrict cos_sums, double* __restrict sin_sums) {
  for (int64_t k = 0; k < knots * w; ++k) cos_sums[k] = sin_sums[k] = 0;
  for (int64_t j = 0; j < w; ++j) cos_sums[j] = static_cast<double>(n);
  Rotation r;
  for (int64_t i = 0; i < n; ++i) {
    start(w, h, x + i * ldx, &r);
    for (int64_t k = 1; k < knots; ++k) {
      double* c = cos_sums + k * w;
      double* s = sin_sums + k * w;
#pragma omp simd
      for (int64_t j = 0; j < w; ++j) {
        c[j] += r.cosk[j];
        s[j] += r.sink[j];
      }
      advance(w, &r);
    }
  }
}

void characteristic_gradient(int64_t n, int64_t w, int64_t knots, double h, const double* of_cos, const double* of_sin,
    float* x, int64_t ldx) {
  Rotation r;
  double sum[kDirections];
  for (int64_t i = 0; i < n; ++i) {
    float* row = x + i * ldx;
    start(w, h, row, &r);
    for (int64_t j = 0; j < w; ++j) sum[j] = of_cos[j];  // k = 0: cos 0
    for (int64_t k = 1; k < knots; ++k) {
      const double* c = of_cos + k * w;
      const double* s = of_sin + k * w;
#pragma omp simd
      for (int64_t j = 0; j < w; ++j) sum[j] += c[j] * r.cosk[j] + s[j] * r.sink[j];
      advance(w, &r);
    }
    for (int64_t j = 0; j < w; ++j) row[j] = static_cast<float>(sum[j]);
  }
}

double alignment_rows(int64_t n, int64_t from, int64_t to, int64_t d, const float* u, const float* v, double alpha,
    float* du, float* dv) {
  double sum = 0;
  for (int64_t i = from; i < to; ++i) {
    double square = 0;
    for (int64_t e = i * d; e < (i + 1) * d; ++e) {
      const double difference = static_cast<double>(u[e]) - v[e];
      square += difference * difference;
    }
    sum += alignment::term(square, alpha);
    if (du == nullptr) continue;
    const float factor = static_cast<float>(alignment::pull(square, alpha, n));
    for (int64_t e = i * d; e < (i + 1) * d; ++e) {
      const float pull = factor * (u[e] - v[e]);
      du[e] += pull;
      dv[e] -= pull;
    }
  }
  return sum;
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
