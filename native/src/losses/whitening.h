// One slice of Cholesky whitening, for one thread.
#pragma once

#include <cstdint>

#include "core/context.h"
#include "core/simd.h"
#include "linalg/cholesky.h"

namespace gramian {

// Rows index[0..n) of x (all rows in order when index is null), each d floats.
struct SliceRows {
  const float* x;
  const int32_t* index;
};

// Scratch of one thread, and what it needs for slices of n x d.
class WhiteningScratch {
 public:
  WhiteningScratch(gramian_context* context, int64_t n, int64_t d);
  float* centred;    // n x d: Xc, or G in the backward pass
  float* symmetric;  // d x d: P of the backward pass
  double* wide;      // n x d: Xc in float64
  double* gram;      // d x d: S, then L
  double* inverse;   // d x d: W
  double* panel;     // of the Cholesky factorisation
  double* mean;      // d
};

// y (n,d), w (d,d) as gramian_whitening does. FLOP: n d^2 + d^3 in float64, n d^2 in float32.
BadPivot whiten_slice(
    int64_t n, int64_t d, SliceRows rows, float eps, float* y, float* w, const WhiteningScratch& scratch);

// Where the rows of a slice's gradient go: row i to dx + index[i] d (dx + i d when index is null), added or written.
struct SliceGradient {
  float* dx;
  const int32_t* index;
  bool add;
};

// Gradient of a slice; dy (n,d) is overwritten. FLOP: 4 n d^2 in float32.
void whiten_slice_backward(int64_t n, int64_t d, const float* y, const float* w, float* dy, float eps,
    const SliceGradient& gradient, const WhiteningScratch& scratch);

}  // namespace gramian
