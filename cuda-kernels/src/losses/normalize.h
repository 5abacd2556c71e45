// Row normalisation on the device, for the launchers of losses.
#pragma once

#include "core/context.h"

namespace gramian {

constexpr float kNormEps = 1e-12f;  // as F.normalize of the authors' code

// u (n, ld), rows ld >= d apart: z (n, d), rows stride apart, divided by max(norm, eps), zeros from d on; norm (n).
void normalize_rows(gramian_context* context, int64_t n, int64_t d, const float* z, int64_t stride, float eps,
    int64_t ld, float* u, float* norm);

}  // namespace gramian
