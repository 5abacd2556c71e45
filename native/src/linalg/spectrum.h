// Row and column passes of spectra, in float64.
#pragma once

#include "core/simd.h"

// scale[i] = 1 / max(|z_i|, 1e-12)
GRAMIAN_SIMD_DECLARE(void, row_scales, (int threads, int64_t n, int64_t d, const float* z, double* scale))
// mean[k] = mean_i scale_i z_ik for columns [from, to)
GRAMIAN_SIMD_DECLARE(void, scaled_means,
    (int64_t n, int64_t d, int64_t from, int64_t to, const float* z, const double* scale, double* mean))
// sum[k] = sum_i (scale_i z_ik - mean_k)^2 for columns [from, to)
GRAMIAN_SIMD_DECLARE(void, scaled_squares,
    (int64_t n, int64_t d, int64_t from, int64_t to, const float* z, const double* scale, const double* mean,
        double* sum))
// x (n, to - from), rows ldx apart, = scale_i z_ik - mean_k for columns [from, to)
GRAMIAN_SIMD_DECLARE(void, narrow_columns,
    (int64_t n, int64_t d, int64_t from, int64_t to, const float* z, const double* scale, const double* mean, float* x,
        int64_t ldx))
