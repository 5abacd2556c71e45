// Eigenvalues of symmetric matrices on the device, float64, any order.
#pragma once

#include "core/context.h"

namespace gramian {

// values (entries, n), descending: those of a (entries, n, n), full symmetric matrices, which are destroyed. All NaN
// for a matrix with an entry that is not finite.
void symmetric_eigenvalues(gramian_context* context, int64_t entries, int64_t n, double* a, double* values);

}  // namespace gramian
