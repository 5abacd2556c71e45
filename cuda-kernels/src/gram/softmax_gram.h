// The two Gram loops of every loss with a softmax over similarities, and what a loss says about its pairs.
//
//   sums       N_i = sum over pairs (i, j) of exp((f(s_ij) - m_i) / tau),  s = X Y^T
//   weighted   sum_j W_ij y_j,  W_ij = f'(s_ij) [ exp((f(s_ij) - m_i) / tau) a_i + exp((f(s_ij) - l_j) / tau) b_j ]
//              over the same pairs
//
// m_i is the largest f(s_ij) of a row (shifted) or 1, which serves all rows when they are unit rows; l_j likewise.
#pragma once

#include "gram/operand.h"
#include "gram/pairs.h"

namespace gramian {

// A partial sum, and what was subtracted from its exponents.
struct ExponentialSum {
  float top;
  double sum;
};

struct ExponentialSums {
  ExponentialSum* partial;  // (splits, rows)
  int splits;
};

struct SoftmaxTerms {
  Pairs pairs;
  bool shifted;
  float scale;         // log2(e) / tau: the kernels take exponentials to the base 2
  int similarity = 0;  // f: gramian/epilogue/similarity.h
};

// name is the kernel's in messages.
template <typename Mode>
ExponentialSums exponential_sums_of(gramian_context* context, const char* name, const Operand<Mode>& x,
    const Operand<Mode>& y, const SoftmaxTerms& terms);

// The same of X with itself; without shifts from one triangle of the tiles (symmetric_sums.h).
template <typename Mode>
ExponentialSums exponential_sums_of_self(
    gramian_context* context, const char* name, const Operand<Mode>& x, const SoftmaxTerms& terms);

// Shifts and factors of rows (m, a) and of columns (l, b); a or b null: 0.
struct SoftmaxWeights {
  const float* row_shift;
  const float* row_factor;
  const float* column_shift;
  const float* column_factor;
};

struct WeightedRows {
  float* partial;  // (splits, rows, width)
  int splits;
};

template <typename Mode>
WeightedRows weighted_rows_of(gramian_context* context, const char* name, const Operand<Mode>& x,
    const Operand<Mode>& y, const SoftmaxTerms& terms, const SoftmaxWeights& weights);

}  // namespace gramian
