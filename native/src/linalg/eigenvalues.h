// Eigenvalues of symmetric float64 matrices.
#pragma once

#include <cstdint>
#include <vector>

#include "core/context.h"

namespace gramian {

// values (slices, m), descending: the eigenvalues of slices (m,m), row-major, of which the lower triangles are read;
// the slices are destroyed. All NaN for a slice that is not finite. 4/3 m^3 FLOP and 60 m doubles of scratch a slice.
void descending_eigenvalues(
    gramian_context* context, int64_t m, const std::vector<double*>& slices, double* values);

}  // namespace gramian
