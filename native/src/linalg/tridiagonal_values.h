// The eigenvalues of a symmetric tridiagonal matrix in float64, by all threads of a context: each by itself, from Sturm
// sequences, where the QL and QR iterations of LAPACK (dsterf) find one after the other.
//
// Some 15 sequences an eigenvalue, 5 m FLOP each. Error: a few roundings of the norm, as with dsterf.
#pragma once

#include <cstdint>

namespace gramian {

// Doubles of scratch that tridiagonal_eigenvalues needs.
int64_t tridiagonal_values_scratch(int64_t m);

// values (m), ascending, of the matrix of diagonal (m) and beside (m - 1), all finite. The same bits whatever the
// number of threads.
void tridiagonal_eigenvalues(
    int threads, int64_t m, const double* diagonal, const double* beside, double* scratch, double* values);

}  // namespace gramian
