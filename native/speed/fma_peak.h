// Multiply-adds that nothing holds up: what a core can do at most.
#pragma once

#include "core/simd.h"

// steps rounds of 12 independent float32 vector multiply-adds; *sink keeps them alive. Returns the FLOP.
GRAMIAN_SIMD_DECLARE(int64_t, multiply_adds, (int64_t steps, float* sink))
