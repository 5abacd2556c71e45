// A symmetric float64 matrix reduced to a tridiagonal one of the same eigenvalues by Householder reflections, by all
// threads of a context: LAPACK's dsytrd does the same with one.
//
// 4/3 m^3 FLOP. Half of them are products of the matrix with a vector, which read its triangle once a reflection: 4/3
// m^3 bytes in all, from the cache or the memory that holds 4 m^2. The other half are products of panels of 16
// reflections.
#pragma once

#include <cstdint>

namespace gramian {

// Doubles of scratch that tridiagonalize needs.
int64_t tridiagonal_scratch(int64_t m);

// a (m,m) row-major, of which the lower triangle is read; destroyed. diagonal (m), beside (m - 1): the tridiagonal
// matrix. Squares of the entries must neither overflow nor underflow: those of float32 Grams do not. The same bits
// whatever the number of threads.
void tridiagonalize(int threads, int64_t m, double* a, double* scratch, double* diagonal, double* beside);

}  // namespace gramian
