// Kernels behind the attention of transformer.h: one thread owns a head of a sequence, forward and backward.
#pragma once

#include "core/simd.h"

namespace gramian {

struct Attention {
  int64_t b, t, h, e;
  float scale;
  const float* qkv;  // (b,t,3,h,e)
};

namespace attention {

// Queries and keys of a tile of scores: 16 KiB, with the strips of queries and keys that make it inside L2. A multiple
// of every panel's width.
constexpr int64_t kTile = 64;
constexpr int64_t kLine = 32;  // the widest panel, and two cache lines

static inline int64_t round_up(int64_t count) { return (count + kLine - 1) / kLine * kLine; }

// Floats of scratch for one thread: packed operands and accumulators of a head, never its scores.
static inline int64_t forward_floats(int64_t t, int64_t e) {
  return 2 * round_up(t) * round_up(e) + kTile * (kTile + round_up(e)) + 3 * kTile;
}
static inline int64_t backward_floats(int64_t t, int64_t e) {
  return 5 * round_up(t) * round_up(e) + 3 * kTile * round_up(e) + 2 * kTile * kTile + 3 * kTile;
}

}  // namespace attention
}  // namespace gramian

// scratch: threads x forward_floats(t, e).
GRAMIAN_SIMD_DECLARE(
    void, attention_forward, (int threads, const Attention& a, float* scratch, float* out, float* log_sum))
// scratch: threads x backward_floats(t, e).
GRAMIAN_SIMD_DECLARE(void, attention_backward,
    (int threads, const Attention& a, const float* out, const float* log_sum, const float* dout, float* scratch,
        float* dqkv))
