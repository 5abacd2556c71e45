// The part of W-MSE between the two whitening passes.
#pragma once

#include "core/simd.h"

// Rows [from, to) of the whitened views y[v] (rows x d each). Returns the sum over these rows and all pairs of views of
// |u_a - u_b|^2 (see w_mse.simd.cpp), and replaces y's gradient dy[v] by scale times that of the sum unless dy is null;
// one_sided: as if u_b were a constant in the pairs a < b. scratch: 3 d.
GRAMIAN_SIMD_DECLARE(double, w_mse_rows,
    (int64_t views, int64_t from, int64_t to, int64_t d, const float* const* y, bool normalize, bool one_sided,
        double scale, float* const* dy, float* scratch))
