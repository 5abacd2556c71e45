// Tile and row kernels of NT-Xent. Tiles (m,n) are row-major with stride floats between rows; masked entries are -inf.
#pragma once

#include "core/simd.h"

// row_sum[i] += sum_j e_ij and, unless column_sum is null, column_sum[j] += sum_i e_ij; e = exp((s - 1) / tau); column
// (n) is scratch.
GRAMIAN_SIMD_DECLARE(void, nt_xent_fold,
    (int64_t m, int64_t n, const float* tile, int64_t stride, float scale, float* column, double* row_sum,
        double* column_sum))
// The same with shifts of rows and columns: e = exp((s - row_shift_i) / tau) for row sums, column_shift_j for column
// sums.
GRAMIAN_SIMD_DECLARE(void, nt_xent_fold_shifted,
    (int64_t m, int64_t n, const float* tile, int64_t stride, float scale, const float* row_shift,
        const float* column_shift, float* column, double* row_sum, double* column_sum))
// Raises row_max[i] and column_max[j] (unless null) to the largest entry. NaN entries do not count.
GRAMIAN_SIMD_DECLARE(void, nt_xent_max,
    (int64_t m, int64_t n, const float* tile, int64_t stride, float* row_max, float* column_max))
// tile[i][j] = W_ij with the constant shift; a = A of the rows, b = A of the columns.
GRAMIAN_SIMD_DECLARE(void, nt_xent_weigh,
    (int64_t m, int64_t n, float* tile, int64_t stride, float scale, const float* a, const float* b))
// tile[i][j] = W_ij with shifts of rows and columns.
GRAMIAN_SIMD_DECLARE(void, nt_xent_weigh_shifted,
    (int64_t m, int64_t n, float* tile, int64_t stride, float scale, const float* row_shift, const float* a,
        const float* column_shift, const float* b))
// g = factor (wu - miss u_positive), dz = (g - u (u . g)) / norm + beta dz; 0 + beta dz where norm <= eps. Vectors of
// d.
GRAMIAN_SIMD_DECLARE(void, nt_xent_row_gradient,
    (int64_t d, const float* wu, const float* u, const float* u_positive, float factor, float miss, float norm,
        float eps,
        float beta, float* dz))
// <x, y> in float64.
GRAMIAN_SIMD_DECLARE(double, nt_xent_dot, (int64_t d, const float* x, const float* y))
