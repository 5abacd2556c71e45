// Row passes of whitening.
#pragma once

#include "core/simd.h"

// centred = gathered rows minus their column mean, and the same in float64; mean: scratch of d.
GRAMIAN_SIMD_DECLARE(void, center_rows,
    (int64_t n, int64_t d, const float* x, const int32_t* index, double* mean, float* centred, double* wide))
// dy -= column mean
GRAMIAN_SIMD_DECLARE(void, center_in_place, (int64_t n, int64_t d, double* mean, float* dy))
// Row i of g, written or added to row index[i] of dx.
GRAMIAN_SIMD_DECLARE(void, scatter_rows,
    (int64_t n, int64_t d, const float* g, const int32_t* index, bool add, float* dx))
