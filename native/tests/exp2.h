// exp2_fast as a loop, once per instruction set, for exp2_test.cpp.
#pragma once

#include "core/simd.h"

GRAMIAN_SIMD_DECLARE(void, exp2_of, (int64_t n, const float* x, float* y))
