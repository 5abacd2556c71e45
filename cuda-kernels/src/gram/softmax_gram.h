// The two Gram loops of every loss with a softmax over similarities, and what a loss says about its pairs.
//
//   sums       N_i = sum over pairs (i, j) of exp((s_ij - m_i) / tau),  s = X Y^T
//   weighted   sum_j W_ij y_j,  W_ij = exp((s_ij - m_i) / tau) a_i + exp((s_ij - l_j) / tau) b_j  over the same pairs
//
// m_i is the largest s_ij of a row (shifted) or 1, which serves all rows when they are unit rows; l_j likewise.
#pragma once

#include "gram/operand.h"

namespace gramian {

// A partial sum, and what was subtracted from its exponents.
struct ExponentialSum {
  float top;
  double sum;
};

// Which pairs count: all but j = i (when without_self) and, for n > 0, the other view's row of the same image among
// 2n rows.
struct Pairs {
  bool without_self;
  int n;
  __device__ __forceinline__ bool operator()(int i, int j) const {
    return !(without_self && j == i) && !(n > 0 && j == (i < n ? i + n : i - n));
  }
};

struct ExponentialSums {
  ExponentialSum* partial;  // (splits, rows)
  int splits;
};

// name is the kernel's in messages; scale = log2(e) / tau.
template <typename Mode>
ExponentialSums exponential_sums_of(gramian_context* context, const char* name, const Operand<Mode>& x,
    const Operand<Mode>& y, Pairs pairs, bool shifted, float scale);

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
    const Operand<Mode>& y, Pairs pairs, const SoftmaxWeights& weights, bool shifted, float scale);

}  // namespace gramian
