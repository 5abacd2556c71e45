// Matrices given to the solver of another library (gramian/solver.h), float64: what is around the call.
#pragma once

#include "core/context.h"
#include "linalg/bad_pivot.h"

namespace gramian {

// Whether the context has a solver for matrices of this order.
bool lent(const gramian_context* context, int64_t n);

// As symmetric_eigenvalues and symmetric_eigenvectors of their headers; a is not modified. All NaN, too, for a matrix
// that the solver could not solve.
void lent_eigenvalues(gramian_context* context, int64_t entries, int64_t n, const double* a, double* values);
void lent_eigenvectors(
    gramian_context* context, int64_t entries, int64_t n, const double* a, double* values, double* vectors);

// w (entries, n, n) = L^-1 with zeros above the diagonal, of s (entries, n (n + 1) / 2), lower triangles by rows.
// flags (entries) says with 0 which of them were done; the others are for the caller: not finite, or a pivot not above
// what rounding leaves of a dependent column.
void lent_inverse_factor(
    gramian_context* context, int64_t entries, int64_t n, const double* s, float* w, double* flags);

}  // namespace gramian
