// From rows per feature back to rows per sample: the last step of the gradients of losses on the feature Gram whose
// loop has the features as its rows.
#pragma once

#include "core/context.h"

namespace gramian {

// dz_ki = factor sum over splits of partial_ik + x_ki weight_i + pull (z_ki - away_ki), for n samples k, d features i.
struct Turned {
  int64_t n, d;
  int splits;
  int64_t width;         // of a row of partial
  const float* partial;  // (splits, d, width)
  float factor;
  const float* x;  // (n, ld)
  int64_t ld;
  const float* weight;  // (d), or null: 0
  float pull;
  const float* z;  // (n, d); unused where pull is 0
  const float* away;
  float* dz;  // (n, d)
};

void turn(gramian_context* context, const Turned& of);

// target (d, n) = x (n, d) transposed.
void transpose(gramian_context* context, int64_t n, int64_t d, const float* x, float* target);

}  // namespace gramian
