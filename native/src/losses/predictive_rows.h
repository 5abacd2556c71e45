// Row and column passes of predictive.h.
#pragma once

#include "core/simd.h"

// Returns the sum over rows [from, to) of the cosines of p_i and z_i (norms clamped at eps); dp, unless null, receives
// factor times its gradient in p, 0 for a row of p not longer than eps.
GRAMIAN_SIMD_DECLARE(double, cosine_rows,
    (int64_t from, int64_t to, int64_t d, const float* p, const float* z, double eps, double factor, float* dp))
// Returns the sum over elements [from, to) and views of (z_v - c)^2, c = mean of the first `globals` views. dz[v] +=
// factor times half its gradient, unless dz is null.
GRAMIAN_SIMD_DECLARE(double, center_distance,
    (int64_t views, int64_t globals, int64_t from, int64_t to, const float* const* z, double factor, float* const* dz))
// cos_sums, sin_sums (knots, w): column sums of cos(k h x), sin(k h x) of x (n,w), rows ldx apart, w <= kDirections.
GRAMIAN_SIMD_DECLARE(void, characteristic_sums,
    (int64_t n, int64_t w, int64_t knots, double h, const float* x, int64_t ldx, double* cos_sums, double* sin_sums))
// x becomes sum_k of_cos (knots, w) cos(k h x) + of_sin (knots, w) sin(k h x).
GRAMIAN_SIMD_DECLARE(void, characteristic_gradient,
    (int64_t n, int64_t w, int64_t knots, double h, const double* of_cos, const double* of_sin, float* x, int64_t ldx))
// Returns the sum over rows of |u - v|^alpha; of n rows in all, du += pull (u - v), dv -= pull (u - v), unless null.
GRAMIAN_SIMD_DECLARE(double, alignment_rows,
    (int64_t n, int64_t from, int64_t to, int64_t d, const float* u, const float* v, double alpha, float* du,
        float* dv))

namespace gramian {

// Directions that one thread works on at a time: sums of 17 knots take 8.5 KiB and stay in the L1 cache.
constexpr int64_t kDirections = 32;

}  // namespace gramian
