// From the partial sums of Gram matrices to what a loss on their squared entries needs: sums of products of entries,
// the matrices without their diagonal as operands of the backward products, and the diagonals in float32.
//
// The diagonal is the large part of a Gram; kept out of the rounded operand, it costs no digits:
// K x = offdiag(K) x + k o x. Blocks of 32 x 32 entries: a Gram is read once, its operand written once, both in lines
// of 128 bytes.
#pragma once

#include "gram/product.h"

namespace gramian {

// One or two symmetric matrices (n, n), of which grams has the upper triangle; one behind the other.
template <typename Mode>
struct MergedGrams {
  Operand<Mode> off_diagonal[2];  // (n, padded n) each, zeros on the diagonal and behind the columns; or none
  const float* diagonal[2];       // (n)
  const double* sums[2];          // (blocks) partial sums over the entries
  int64_t blocks;
};

// With `paired` the sums are those of a_ij b_ij over both matrices: the dual side of a cross-correlation, where a block
// reads the same tile of both. Otherwise they are those of the squares of each.
// diagonal: whether they count it. operands: whether a backward product follows.
template <typename Mode>
MergedGrams<Mode> merge_grams(
    gramian_context* context, const Product& grams, int count, bool paired, bool diagonal, bool operands);

// A matrix C (d, d) that is not symmetric.
template <typename Mode>
struct MergedCross {
  Operand<Mode> rows;           // factor offdiag(C), (d, padded d); or none
  Operand<Mode> columns;        // its transpose; or none
  const double* row_squares;    // (d) sum_{j != i} C_ij^2
  const double* column_squares; // (d) sum_{i != j} C_ij^2
};

template <typename Mode>
MergedCross<Mode> merge_cross(gramian_context* context, const Product& c, float factor, bool operands);

}  // namespace gramian
