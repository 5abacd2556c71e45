// What gramian_nearest_rows computes, with the memory for candidates as a setting.
#pragma once

#include "core/context.h"

namespace gramian {

struct NearestRows {
  int64_t m, n, d;
  const float* queries;  // (m, d)
  const float* keys;     // (n, d)
  const float* bias;     // (n), or null
  int64_t k;
  int32_t* index;  // (m, k)
  float* score;    // (m, k)
};

// Queries go in groups whose candidates fit into so many bytes, of 128 queries at least.
void nearest_rows(gramian_context* context, const NearestRows& of, int64_t most_bytes);

}  // namespace gramian
