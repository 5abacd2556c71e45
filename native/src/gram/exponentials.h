// Folds and weights of Gram tiles under exponentials and magnitudes. Tiles (rows, columns), rows ld apart.
//
// A sum of exponentials is kept as (max, sum): sum = sum exp2((c - max) scale), so that nothing overflows and the
// largest term is 1. Where nothing was seen, max = -FLT_MAX and sum = 0.
#pragma once

#include "core/simd.h"

// Overwrites max (rows), sum (rows) with those of the tile's rows; col_max, col_sum (columns) with those of its
// columns, unless null.
GRAMIAN_SIMD_DECLARE(void, fold_exponentials,
    (int64_t rows, int64_t columns, float scale, const float* tile, int64_t ld, float* max, double* sum, float* col_max,
        double* col_sum))
// c becomes weight (exp2((c - max_i) scale) inverse_i + exp2((c - max_j) scale) inverse_j): softmax probabilities of
// the rows and of the columns.
GRAMIAN_SIMD_DECLARE(void, weigh_exponentials,
    (int64_t rows, int64_t columns, float scale, float weight, const float* max_i, const float* inverse_i,
        const float* max_j, const float* inverse_j, float* tile, int64_t ld))
// Returns the sum of |c|; c becomes weight sign(c), NaN for NaN.
GRAMIAN_SIMD_DECLARE(double, fold_magnitudes, (int64_t rows, int64_t columns, float weight, float* tile, int64_t ld))
// Returns the sum of exp2(scale c - shift_i - shift_j).
GRAMIAN_SIMD_DECLARE(double, fold_gaussians,
    (int64_t rows, int64_t columns, float scale, const float* shift_i, const float* shift_j, const float* tile,
        int64_t ld))
// c becomes weight exp2(scale c - shift_i - shift_j).
GRAMIAN_SIMD_DECLARE(void, weigh_gaussians,
    (int64_t rows, int64_t columns, float scale, float weight, const float* shift_i, const float* shift_j, float* tile,
        int64_t ld))
