// Cholesky factor and its inverse in float64, in blocks of 32: the diagonal blocks are inverted as they are made, so
// that everything else is a matrix product.
#pragma once

#include "core/simd.h"
#include "linalg/bad_pivot.h"

namespace gramian {

constexpr int64_t kCholeskyBlock = 32;  // 8 KiB of float64: factored inside the L1 cache, by short row products

// a (d,d), lower triangle read, becomes the lower factor L; w (d,d) becomes L^-1, zeros above the diagonal.
// scratch: cholesky_scratch(d) elements. d^3/3 + 2 d^3/3 FLOP. A bad pivot (NaN included) ends the work.
BadPivot cholesky_with_inverse(int64_t d, double* a, double* w, double* scratch);
inline int64_t cholesky_scratch(int64_t d) { return kCholeskyBlock * d; }

}  // namespace gramian

// One diagonal block of order m <= 32: a becomes L, w its inverse (zeros above). tiny[j]: pivots must exceed it.
// Returns the column of the first that does not, or -1.
GRAMIAN_SIMD_DECLARE(int64_t, cholesky_block,
    (int64_t m, double* a, int64_t a_stride, double* w, int64_t w_stride, const double* tiny, double* pivot))
