// Sturm sequences of a symmetric tridiagonal matrix T of order m in float64: how many of its eigenvalues lie below x,
// and the value of its characteristic polynomial there.
//
//   p_0 = 1, p_1 = d_0 - x, p_k+1 = (d_k - x) p_k - e_k-1^2 p_k-1
//
// As many eigenvalues are below x as neighbours in p_0 ... p_m differ in sign (Givens 1954). Without a division, in
// which the same count by quotients p_k+1 / p_k would spend its time. 5 FLOP a row and point.
#pragma once

#include "core/simd.h"

namespace gramian {

// The smallest e^2 that sturm_sequence takes, of a matrix of norm below 1. An e of 2^-60 in place of a smaller one
// moves eigenvalues by less than float64 shows, and no two neighbours p_k become 0.
constexpr double kSmallestSquare = 0x1p-120;

// How many points one call evaluates: a few vectors, so that they do not wait for each other.
constexpr int64_t kSturmPoints = 24;

}  // namespace gramian

// For kSturmPoints points x in [-1, 1]: below = eigenvalues below x, and p_m(x) = value 2^exponent, |value| < 2. d (m),
// squares (m - 1) of the entries beside, at least kSmallestSquare; norm of T below 1.
GRAMIAN_SIMD_DECLARE(void, sturm_sequence,
    (int64_t m, const double* d, const double* squares, const double* x, int64_t* below, double* value,
        int64_t* exponent))
