// Row kernels behind normalize.h.
#pragma once

#include "core/simd.h"

GRAMIAN_SIMD_DECLARE(void, normalize_rows,
    (int threads, int64_t n, int64_t d, const float* z, float eps, float* u, float* norm))
GRAMIAN_SIMD_DECLARE(void, normalize_rows_backward,
    (int threads, int64_t n, int64_t d, const float* u, const float* norm, const float* du, float eps, float* dz))
