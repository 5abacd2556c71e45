// The Gram matrix of float32 items in float64, by panels: both operands of a tile come from the same packed copy.
//
// A panel holds W = wide_panel_width() items (rows or columns of z), summand by summand: element (k, c) at panel[k W +
// c].
#pragma once

#include "core/simd.h"

namespace gramian {

// Summands per pass: a panel of them (12 items with AVX2, 18 KiB) and the rows it meets stay in the L1 cache.
constexpr int64_t kWideDepth = 192;

// Matrix whose items count: scale_i z_ik - mean_k of z (n,d).
struct ScaledMatrix {
  int64_t n, d;
  const float* z;
  const double* scale;  // n
  const double* mean;   // d
};

}  // namespace gramian

GRAMIAN_SIMD_DECLARE(int64_t, wide_panel_width, ())
// The panel of items first, first + 1, ... of a matrix, summands from, ..., from + depth - 1; zeros behind the last
// item. Items are rows (samples) or columns.
GRAMIAN_SIMD_DECLARE(void, pack_wide_panel,
    (const ScaledMatrix& matrix, bool samples, int64_t first, int64_t from, int64_t depth, double* panel))
// gram (m,m) += the products of the items of panels [i0, i1) with those of [j0, j1), on and below the diagonal; above
// it, entries are left or not, as is quicker. Panels are kWideDepth W doubles apart.
GRAMIAN_SIMD_DECLARE(void, add_wide_tile,
    (int64_t m, int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t depth, const double* panels, double* gram))
