// Row and tile kernels of the contrastive losses. Formulas: gramian/epilogue/*.h.
//
// Rows: u = scale z, with a rule for scale; gradients go back through the same rule.
// Tiles (m,n) of products s are row-major with stride floats between rows; excluded pairs are -inf. kind is the
// similarity f (epilogue/similarity.h), scale is log2(e) / tau, e = exp((f(s) - shift) / tau).
#pragma once

#include "core/simd.h"

namespace gramian {

// What becomes of a row z before products are taken.
enum class RowRule : int {
  unit,  // z / max(||z||, limit); no gradient where ||z|| <= limit
  cap,   // limit z / ||z|| where ||z|| >= limit, z elsewhere
  none   // z
};

// A row as the losses see it, beside u itself.
struct RowScale {
  float gradient;        // factor of the gradient on its way back to z
  float inverse_square;  // 1 / ||u||^2 where the norm is fixed, so that no gradient goes along u; else 0
};

// Sums over the pairs of a row or column: shift and sum of e, in that order of use.
struct SoftmaxSums {
  float* shift;    // the largest f(s) so far; not read where one constant shift serves all
  double* sum;     // sum of e
  float* inverse;  // factor of e in the gradient, once the sums are complete
};

// Where a row's shift starts: below every f(s), and finite, so that shift - shift is 0.
constexpr float kNoShift = -3e38f;

}  // namespace gramian

// u (d) and its scale, from z (d).
GRAMIAN_SIMD_DECLARE(void, contrastive_row,
    (int64_t d, const float* z, RowRule rule, float limit, float* u, RowScale* scale))
// dz = factor scale (g - u (u . g) / ||u||^2) + beta dz (without the projection where the norm is free); returns u . g.
GRAMIAN_SIMD_DECLARE(double, contrastive_row_gradient,
    (int64_t d, const float* g, const float* u, RowScale scale, float factor, float beta, float* dz))
// y += a x.
GRAMIAN_SIMD_DECLARE(void, contrastive_add, (int64_t d, float a, const float* x, float* y))
// <x, y> in float64.
GRAMIAN_SIMD_DECLARE(double, contrastive_dot, (int64_t d, const float* x, const float* y))

// Sums of e with the constant shift 1; columns.sum may be null. column (n) is scratch.
GRAMIAN_SIMD_DECLARE(void, contrastive_fold,
    (int kind, int64_t m, int64_t n, const float* tile, int64_t stride, float scale, float* column, SoftmaxSums rows,
        SoftmaxSums columns))
// The same with a running maximum per row and column as shift. column (2 n) is scratch. NaN raises no shift.
GRAMIAN_SIMD_DECLARE(void, contrastive_fold_online,
    (int kind, int64_t m, int64_t n, const float* tile, int64_t stride, float scale, float* column, SoftmaxSums rows,
        SoftmaxSums columns))
// tile = W_ij = e_ij f'(s_ij) (rows.inverse_i + columns.inverse_j), shift 1.
GRAMIAN_SIMD_DECLARE(void, contrastive_weigh,
    (int kind, int64_t m, int64_t n, float* tile, int64_t stride, float scale, SoftmaxSums rows, SoftmaxSums columns))
// The same with the shifts of rows and columns, which take an exponential each.
GRAMIAN_SIMD_DECLARE(void, contrastive_weigh_online,
    (int kind, int64_t m, int64_t n, float* tile, int64_t stride, float scale, SoftmaxSums rows, SoftmaxSums columns))
// A tile (keys, queries) of cosines becomes e; columns (queries) are what the sums are of. change (queries) receives
// exp((old shift - new shift) / tau), by which earlier multiples of e are to be multiplied. partial (queries): scratch.
GRAMIAN_SIMD_DECLARE(void, contrastive_stream,
    (int64_t keys, int64_t queries, float* tile, int64_t stride, float scale, SoftmaxSums columns, float* change,
        float* partial))
// row_sum[i] += sum_j s_ij^2, then s_ij *= factor.
GRAMIAN_SIMD_DECLARE(void, contrastive_squares,
    (int64_t m, int64_t n, float* tile, int64_t stride, float factor, double* row_sum))
