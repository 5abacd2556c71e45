// Kernels behind linear_algebra.h, but for the product.
#pragma once

#include "core/simd.h"

namespace gramian {

// Fewer elements than this are faster on one thread: waking the others takes as long as 32,768 additions.
constexpr int64_t kParallelFrom = 32768;

// Column reductions cut the rows into chunks that depend on nothing but their number, so that threads cannot change
// the bits.
// 64 chunks feed the largest machines; 32 rows a chunk at least, or merging would cost more than reading.
inline int64_t reduction_chunks(int64_t rows) {
  const int64_t chunks = rows / 32;
  return chunks < 1 ? 1 : chunks > 64 ? 64 : chunks;
}
inline int64_t chunk_begin(int64_t rows, int64_t chunks, int64_t chunk) { return rows * chunk / chunks; }

}  // namespace gramian

GRAMIAN_SIMD_DECLARE(void, add, (int threads, int64_t count, const float* x, const float* y, float* z))
GRAMIAN_SIMD_DECLARE(void, scale, (int threads, int64_t count, float factor, const float* x, float* y))
GRAMIAN_SIMD_DECLARE(
    void, add_to_rows, (int threads, int64_t rows, int64_t columns, const float* x, const float* bias, float* y))
// partial: reduction_chunks(rows) x columns.
GRAMIAN_SIMD_DECLARE(
    void, column_sums, (int threads, int64_t rows, int64_t columns, const float* x, double* partial, float* sums))
