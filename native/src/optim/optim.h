// Element loops of the optimisers, over one stretch of one tensor.
#pragma once

#include "core/simd.h"

namespace gramian {

// Adam's numbers at one step for one tensor: correction1 = 1 / (1 - beta1^step), correction2 = 1 / (1 - beta2^step).
struct AdamFactors {
  float rate, decay, beta1, beta2, eps, correction1, correction2;
  bool decoupled;
};

// Sums of squares, in float64.
struct SquaredNorms {
  double parameter, update;
};

}  // namespace gramian

GRAMIAN_SIMD_DECLARE(void, sgd_stretch,
    (int64_t n, float* p, const float* g, float* m, float rate, float decay, float scale, float momentum,
        bool nesterov))
GRAMIAN_SIMD_DECLARE(void, adam_stretch,
    (int64_t n, float* p, const float* g, float* mean, float* square, const AdamFactors& factors))
GRAMIAN_SIMD_DECLARE(SquaredNorms, lars_norms, (int64_t n, const float* p, const float* g, float decay))
GRAMIAN_SIMD_DECLARE(SquaredNorms, lamb_moments,
    (int64_t n, const float* p, const float* g, float* mean, float* square, const AdamFactors& factors))
GRAMIAN_SIMD_DECLARE(void, lamb_stretch,
    (int64_t n, float* p, const float* mean, const float* square, const AdamFactors& factors, float trust))
GRAMIAN_SIMD_DECLARE(void, moving_average_stretch, (int64_t n, float* target, const float* online, double momentum))
GRAMIAN_SIMD_DECLARE(bool, all_finite, (int64_t n, const float* x))
GRAMIAN_SIMD_DECLARE(double, sum_of_squares, (int64_t n, const float* x))
GRAMIAN_SIMD_DECLARE(void, scale_stretch, (int64_t n, float* x, float factor))
