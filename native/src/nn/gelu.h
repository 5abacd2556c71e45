// Kernels behind the GELU of transformer.h.
#pragma once

#include "core/simd.h"

GRAMIAN_SIMD_DECLARE(void, gelu_forward, (int threads, int64_t count, const float* x, float* y))
GRAMIAN_SIMD_DECLARE(void, gelu_backward, (int threads, int64_t count, const float* x, const float* dy, float* dx))
