// Out-of-place transpose in tiles of 32 x 32: 4 KiB read and 4 KiB written, both inside the L1 cache.
#pragma once

#include <algorithm>
#include <cstdint>

#include "gram/rounds.h"

namespace gramian {

// to (d,n) = from (n,d)^T
inline void transpose(int threads, int64_t n, int64_t d, const float* from, float* to) {
  constexpr int64_t kTile = 32;
  for_each_block(threads, Blocks(n, kTile), [&](int, Range rows) {
    for (int64_t j = 0; j < d; j += kTile) {
      const int64_t end = std::min(d, j + kTile);
      for (int64_t i = rows.begin; i < rows.begin + rows.size; ++i) {
        for (int64_t k = j; k < end; ++k) to[k * n + i] = from[i * d + k];
      }
    }
  });
}

}  // namespace gramian
