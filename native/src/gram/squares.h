// Folds of Gram tiles whose loss is a weighted sum of squares. Sums run in float64.
#pragma once

#include "core/simd.h"

// Adds the squares of a tile (rows, columns) to row_sums (rows) and column_sums (columns), then multiplies the tile by
// slope: from C_ij to dL/dC_ij.
GRAMIAN_SIMD_DECLARE(void, fold_squares,
    (int64_t rows, int64_t columns, float slope, float* tile, int64_t stride, double* row_sums, double* column_sums))
// Row i of a symmetric matrix from partial sums: k[0][i][0..i] = sum over parts of k[part][i][0..i].
GRAMIAN_SIMD_DECLARE(void, merge_parts, (int64_t count, int64_t parts, int64_t part_stride, float* k))
// sum over j < count of a_j b_j
GRAMIAN_SIMD_DECLARE(double, inner_product, (int64_t count, const float* a, const float* b))
