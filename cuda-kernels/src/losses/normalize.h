// What becomes of rows before products are taken, on the device, for the launchers of losses.
#pragma once

#include "core/context.h"

namespace gramian {

constexpr float kNormEps = 1e-12f;  // as F.normalize of the authors' code

enum class RowRule : int {
  unit,  // z / max(||z||, limit); no gradient where ||z|| <= limit
  cap,   // limit z / ||z|| where ||z|| >= limit, z elsewhere
  none   // z
};

// u (n, ld), rows ld >= d apart: z (n, d), rows stride apart, by the rule, zeros from d on; norm (n) of z.
void normalize_rows(gramian_context* context, int64_t n, int64_t d, const float* z, int64_t stride, RowRule rule,
    float limit, int64_t ld, float* u, float* norm);

}  // namespace gramian
