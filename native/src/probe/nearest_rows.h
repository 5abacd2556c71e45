// Selection behind gramian_nearest_rows.
#pragma once

#include "core/simd.h"

// Merges a tile of scores (m,count), whose first column is key number first, into the m heaps of k entries each.
GRAMIAN_SIMD_DECLARE(void, nearest_rows_merge,
    (int64_t m, int64_t count, int64_t first, const float* scores, const float* bias, int64_t k, int32_t* index,
        float* score))
// Turns each heap into a list, best first.
GRAMIAN_SIMD_DECLARE(void, nearest_rows_sort, (int64_t m, int64_t k, int32_t* index, float* score))
