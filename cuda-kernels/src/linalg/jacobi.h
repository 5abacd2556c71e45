// Eigenvalues and eigenvectors of symmetric matrices on the device, float64.
#pragma once

#include "core/context.h"

namespace gramian {

// values (entries, n), descending, and vectors (entries, n, n), row i the eigenvector of value i, sign as it comes, of
// a (entries, n, n), full symmetric matrices. NaN values for a matrix with an entry that is not finite.
void symmetric_eigenvectors(
    gramian_context* context, int64_t entries, int64_t n, const double* a, double* values, double* vectors);

}  // namespace gramian
