// The vector passes of the reduction to tridiagonal form (tridiagonal.h), in float64.
#pragma once

#include "core/simd.h"

// y[i] for i in [from, to) = sum_{j <= i} a_ij x_j, and part[j] for j in [0, to) = sum over i in [from, to), i > j, of
// a_ij x_i: what rows [from, to) of a lower triangle add to the product of the symmetric matrix with x.
GRAMIAN_SIMD_DECLARE(void, symmetric_strip,
    (int64_t from, int64_t to, const double* a, int64_t lda, const double* x, double* y, double* part))
// out[j] = row[j] - sum_k (at_v[k] w_k[j] + at_w[k] v_k[j]) for j in [from, to); rows of v and w are stride apart.
// Returns the sum of the squares of those with j < squared.
GRAMIAN_SIMD_DECLARE(double, reflect_row,
    (int64_t from, int64_t to, const double* row, int64_t count, const double* at_v, const double* at_w,
        const double* v, const double* w, int64_t stride, int64_t squared, double* out))
// dots[k] = <v_k, x>, dots[count + k] = <w_k, x> over [from, to)
GRAMIAN_SIMD_DECLARE(void, panel_dots,
    (int64_t from, int64_t to, int64_t count, const double* v, const double* w, int64_t stride, const double* x,
        double* dots))
// out[j] = factor (y[j] + z[j] + at r[j] - sum_k (v_k[j] dots[count + k] + w_k[j] dots[k])) + of_x x[j] for j in
// [from, to)
GRAMIAN_SIMD_DECLARE(void, finish_product,
    (int64_t from, int64_t to, int64_t count, const double* v, const double* w, int64_t stride, const double* dots,
        double factor, const double* y, const double* z, double at, const double* r, double of_x, const double* x,
        double* out))
// out[j] = y[j] + factor x[j] for j in [from, to); out may be y
GRAMIAN_SIMD_DECLARE(
    void, add_scaled, (int64_t from, int64_t to, const double* y, double factor, const double* x, double* out))
