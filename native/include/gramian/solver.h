// Dense solvers of another library, lent to a context: for matrices that are slow on the kernels here.
#ifndef GRAMIAN_SOLVER_H
#define GRAMIAN_SOLVER_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

// matrices (batch,n,n): symmetric, both triangles, finite. info (batch): zeros, of the device as well; what is not 0 at
// the end says that its matrix was not solved, and matrix and values may then hold anything.
//
// Row by row, the lower triangle becomes L^-1, where L L^T is the matrix; what is above it does not matter. No values.
#define GRAMIAN_SOLVE_INVERSE_FACTOR 0
// values (batch,n): the eigenvalues, ascending; the matrices may hold anything.
#define GRAMIAN_SOLVE_EIGENVALUES 1
// values (batch,n): the eigenvalues, ascending; row i of a matrix becomes the eigenvector of value i, of length 1.
#define GRAMIAN_SOLVE_EIGENVECTORS 2

/**
 * Solves one of GRAMIAN_SOLVE_* for float64 matrices at addresses of the device: puts the work into the stream of the
 * context and returns 0, or another number if it cannot. state is what was lent with it.
 */
typedef int32_t (*gramian_solve)(
    int64_t state, int32_t task, int64_t batch, int64_t n, int64_t matrices, int64_t values, int64_t info);

/** Gives matrices of order `from` and more to solve from now on; a null function ends that. */
GRAMIAN_EXPORT gramian_status gramian_context_lend_solver(
    gramian_context* context, gramian_solve solve, int64_t state, int64_t from);

GRAMIAN_EXTERN_C_END

#endif
