// From the partial sums of one or two products to what a loss on squared Gram entries needs: sums of a_ij b_ij by rows,
// the matrices without their diagonal as the left operands of the backward products, and the diagonals in float32.
//
// The diagonal is the large part of a Gram; kept out of the rounded operand, it costs no digits:
// K x = offdiag(K) x + k o x.
#pragma once

#include "gram/product.h"

namespace gramian {

struct Merge {
  Product a, b;               // of one shape; b may be a
  float factor;               // of first and second, not of the sums and diagonals
  bool diagonal;              // whether the sums count it
  float* first;               // (rows, ld) factor offdiag(a), zeros behind the columns
  float* second;              // the same of b, or null
  int64_t ld;                 // padded_width(columns)
  float* first_diagonal;      // (rows), or null
  float* second_diagonal;     // (rows), or null
  double* sums;               // (rows) sum_j a_ij b_ij
};

void merge(gramian_context* context, const Merge& of);

}  // namespace gramian
