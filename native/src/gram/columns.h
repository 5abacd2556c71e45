// Column statistics of a block of a row-major matrix: n rows, w neighbouring columns, rows ldx elements apart.
//
// A block is copied once into the caches (columns_load) and worked on there: mean, centring, squares, scale. Sums run
// in float64 and the variance is that of the centred values, never E[x^2] - E[x]^2. Rows of a matrix whose width is a
// power of two share few cache sets, so blocks are kept with a padded stride (padded()).
#pragma once

#include "core/simd.h"

namespace gramian {

// Most columns of a block, here and wherever its sums live on the stack.
constexpr int64_t kWidestBlock = 256;

// Stride for rows of w floats: whole cache lines, and an odd number of them.
inline int64_t padded(int64_t w) { return ((w + 15) / 16 | 1) * 16; }

}  // namespace gramian

// x = z, sum (w) = column sums. x may be z.
GRAMIAN_SIMD_DECLARE(
    void, columns_load, (int64_t n, int64_t w, const float* z, int64_t ldz, float* x, int64_t ldx, double* sum))
// x -= mean, squares (w) = column sums of x^2. The mean is subtracted in two float32 parts: a column with a large mean
// keeps its digits.
GRAMIAN_SIMD_DECLARE(
    void, columns_center, (int64_t n, int64_t w, const double* mean, float* x, int64_t ldx, double* squares))
// x *= factor (w)
GRAMIAN_SIMD_DECLARE(void, columns_scale, (int64_t n, int64_t w, const float* factor, float* x, int64_t ldx))
// x = (z - mean) factor: the bits of columns_load, columns_center and columns_scale again, once the statistics are
// known.
GRAMIAN_SIMD_DECLARE(void, columns_apply,
    (int64_t n, int64_t w, const float* z, int64_t ldz, const double* mean, const float* factor, float* x, int64_t ldx))
// dot (w) = column sums of x o y
GRAMIAN_SIMD_DECLARE(void, columns_dot,
    (int64_t n, int64_t w, const float* x, int64_t ldx, const float* y, int64_t ldy, double* dot))
// sum (w) = column sums of g, dot (w) = column sums of g o x
GRAMIAN_SIMD_DECLARE(void, columns_sums,
    (int64_t n, int64_t w, const float* g, int64_t ldg, const float* x, int64_t ldx, double* sum, double* dot))
// out = coefficient p + x o weight (w) + pull (y - z); y and z may be null: no pull. out may be p.
GRAMIAN_SIMD_DECLARE(void, columns_combine,
    (int64_t n, int64_t w, float coefficient, const float* p, int64_t ldp, const float* x, int64_t ldx,
        const float* weight, float pull, const float* y, const float* z, int64_t ldyz, float* out, int64_t ldo))
// out = rstd (g - mean - x o along), the backward pass of a standardisation with standardised x. out may be g.
GRAMIAN_SIMD_DECLARE(void, columns_unstandardize,
    (int64_t n, int64_t w, const float* g, int64_t ldg, const float* mean, const float* x, int64_t ldx,
        const float* along, const float* rstd, float* out, int64_t ldo))
// Sum of (x - y)^2.
GRAMIAN_SIMD_DECLARE(
    double, columns_distance, (int64_t n, int64_t w, const float* x, int64_t ldx, const float* y, int64_t ldy))
