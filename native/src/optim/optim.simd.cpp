// One pass over memory per optimiser (LARS and LAMB: two, the first for the norms). Bytes per element: SGD 20, Adam 28,
// moving average 12.
#include "optim/optim.h"

// A square root as one instruction: libm's errno, which nobody reads, would keep the loops from being vectorised.
#pragma GCC optimize("no-math-errno")

namespace gramian {
namespace GRAMIAN_ISA {

// g' = scale (g + decay p); scale is the trust ratio of LARS, 1 for SGD.
void sgd_stretch(int64_t n, float* p, const float* g, float* m, float rate, float decay, float scale, float momentum,
    bool nesterov) {
  if (nesterov) {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) {
      const float update = scale * (g[i] + decay * p[i]);
      m[i] = momentum * m[i] + update;
      p[i] -= rate * (update + momentum * m[i]);
    }
  } else {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) {
      m[i] = momentum * m[i] + scale * (g[i] + decay * p[i]);
      p[i] -= rate * m[i];
    }
  }
}

void adam_stretch(int64_t n, float* p, const float* g, float* mean, float* square, const AdamFactors& factors) {
  const AdamFactors f = factors;
  const float coupled = f.decoupled ? 0.0f : f.decay;
  const float shrink = f.decoupled ? f.rate * f.decay : 0.0f;
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const float gradient = g[i] + coupled * p[i];
    mean[i] = f.beta1 * mean[i] + (1.0f - f.beta1) * gradient;
    square[i] = f.beta2 * square[i] + (1.0f - f.beta2) * gradient * gradient;
    const float root = __builtin_sqrtf(square[i] * f.correction2) + f.eps;
    p[i] = p[i] - shrink * p[i] - f.rate * (mean[i] * f.correction1) / root;
  }
}

// Sums of p^2 and (g + decay p)^2.
SquaredNorms lars_norms(int64_t n, const float* p, const float* g, float decay) {
  double parameter = 0;
  double update = 0;
#pragma omp simd reduction(+ : parameter, update)
  for (int64_t i = 0; i < n; ++i) {
    const double gradient = static_cast<double>(g[i]) + static_cast<double>(decay) * p[i];
    parameter += static_cast<double>(p[i]) * p[i];
    update += gradient * gradient;
  }
  return {parameter, update};
}

// u = m^ / (sqrt(v^) + eps) + decay p
static inline float lamb_update(float p, float mean, float square, const AdamFactors& f) {
  return mean * f.correction1 / (__builtin_sqrtf(square * f.correction2) + f.eps) + f.decay * p;
}

// Moves both moments; sums of p^2 and u^2.
SquaredNorms lamb_moments(
    int64_t n, const float* p, const float* g, float* mean, float* square, const AdamFactors& factors) {
  const AdamFactors f = factors;
  double parameter = 0;
  double update = 0;
#pragma omp simd reduction(+ : parameter, update)
  for (int64_t i = 0; i < n; ++i) {
    mean[i] = f.beta1 * mean[i] + (1.0f - f.beta1) * g[i];
    square[i] = f.beta2 * square[i] + (1.0f - f.beta2) * g[i] * g[i];
    const double u = lamb_update(p[i], mean[i], square[i], f);
    parameter += static_cast<double>(p[i]) * p[i];
    update += u * u;
  }
  return {parameter, update};
}

void lamb_stretch(
    int64_t n, float* p, const float* mean, const float* square, const AdamFactors& factors, float trust) {
  const AdamFactors f = factors;
  const float rate = f.rate * trust;
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) p[i] -= rate * lamb_update(p[i], mean[i], square[i], f);
}

// Between two branches of one formula as std::lerp has them, so that no rounding of 1 - momentum adds up over the
// steps: equal values stay equal, and the step from the nearer end is the exact one.
void moving_average_stretch(int64_t n, float* target, const float* online, double momentum) {
  const float keep = static_cast<float>(momentum);
  const float take = static_cast<float>(1 - momentum);
  if (momentum > 0.5) {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) target[i] = target[i] + take * (online[i] - target[i]);
  } else {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) target[i] = online[i] + keep * (target[i] - online[i]);
  }
}

// 0 x is 0 for every number, and NaN for NaN and the infinities: one sum tells, and reads 4 bytes an element.
bool all_finite(int64_t n, const float* x) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) sum += 0.0f * x[i];
  return sum == 0;
}

// The square of a float is exact in float64, and as many as there are do not overflow it.
double sum_of_squares(int64_t n, const float* x) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]) * x[i];
  return sum;
}

void scale_stretch(int64_t n, float* x, float factor) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) x[i] *= factor;
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
