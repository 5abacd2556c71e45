// Tiles of the score matrix: one sgemm each (2 m n d FLOP in all), folded into the heaps before the next. The (m,n)
// matrix is never stored. A thread owns the queries of its tiles, and the tiles do not depend on the number of threads.
#include "probe/nearest_rows.h"

#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <limits>

#include "core/context.h"
#include "core/status.h"
#include "gramian/probe.h"

namespace {

constexpr int64_t kQueries = 256;  // rows of a tile: packing the keys costs 1/256 of the products
constexpr int64_t kKeys = 512;     // columns of a tile: 512 KiB of scores stay in the second level cache

}  // namespace

gramian_status gramian_nearest_rows(gramian_context* context, int64_t m, int64_t n, int64_t d, const float* queries,
    const float* keys, const float* bias, int64_t k, int32_t* index, float* score) {
  return gramian::guarded([&] {
    std::fill(index, index + m * k, -1);
    std::fill(score, score + m * k, -std::numeric_limits<float>::infinity());
    if (k == 0) return;
    context->begin();
    float* tiles = context->scratch<float>(context->threads * kQueries * kKeys);
    const int64_t blocks = (m + kQueries - 1) / kQueries;
#pragma omp parallel for num_threads(context->threads) schedule(dynamic)
    for (int64_t block = 0; block < blocks; ++block) {
      float* tile = tiles + omp_get_thread_num() * kQueries * kKeys;
      const int64_t row = block * kQueries;
      const int64_t rows = std::min(kQueries, m - row);
      for (int64_t first = 0; first < n; first += kKeys) {
        const int64_t count = std::min(kKeys, n - first);
        if (d > 0) {
          cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(rows), static_cast<int>(count),
              static_cast<int>(d), 1.0f, queries + row * d, static_cast<int>(d), keys + first * d, static_cast<int>(d),
              0.0f, tile, static_cast<int>(count));
        } else {
          std::fill(tile, tile + rows * count, 0.0f);
        }
        GRAMIAN_SIMD(nearest_rows_merge)(rows, count, first, tile, bias, k, index + row * k, score + row * k);
      }
      GRAMIAN_SIMD(nearest_rows_sort)(rows, k, index + row * k, score + row * k);
    }
  });
}
