// Matrix products whose right operand was packed once and is used many times: what the tiles of a self-Gram need.
//
// A panel holds W = panel_width() columns of the right operand, row by row: element (k, c) at panel[k * W + c], so that
// the inner loop streams it. Packed once per call of a loss, each panel serves count / block tiles; OpenBLAS would pack
// it for each of them (a quarter of its time at d = 128).
//
//   item panels     of u (n,d): right operand U^T (d,n).  n/W panels of d rows,  panel p at p * d * W
//   feature panels  of u (n,d): right operand U   (n,d).  d/W panels of n rows,  panel p at p * n * W
//
// Ragged last panels are filled with zeros: outputs need room for round_up(columns, W).
#pragma once

#include "core/simd.h"

namespace gramian {
constexpr int64_t kPanelDepth = 256;  // products that are summed by themselves
}

GRAMIAN_SIMD_DECLARE(int64_t, panel_width, ())
GRAMIAN_SIMD_DECLARE(void, pack_item_panels, (int threads, int64_t n, int64_t d, const float* u, float* panels))
GRAMIAN_SIMD_DECLARE(void, pack_feature_panels, (int threads, int64_t n, int64_t d, const float* u, float* panels))
// C (m, count * W) = A B, or += A B, on this thread; A (m,k), or A^T when transposed: element (i, l) at a[l * lda + i].
// Panels of B are panel_stride floats apart, of which k rows are read. Each kPanelDepth products are summed by
// themselves, one after the other.
GRAMIAN_SIMD_DECLARE(void, panel_product,
    (bool transposed, int64_t m, int64_t count, int64_t k, const float* a, int64_t lda, const float* panels,
        int64_t panel_stride, bool accumulate, float* c, int64_t ldc))
