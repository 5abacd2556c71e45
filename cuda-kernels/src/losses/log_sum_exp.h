// L = sum_i log sum_{j != i} exp(s_ij / tau) of s = X X^T, never stored, by the softmax loop with a shift per row:
//   dL/dx_i = (1/tau) sum_{j != i} (P_ij + P_ji) x_j,   P_ij = exp(s_ij / tau) / sum_{k != i} exp(s_ik / tau)
// X has a feature per row where the Gram is that of features. FLOP 2 n^2 width, and 4 n^2 width for the gradient.
#pragma once

#include "gram/softmax_gram.h"

namespace gramian {

// What the forward pass knows of each row; names as in gram/softmax_gram.h.
struct LogSumExps {
  const float* shift;     // the largest s_ij
  const float* inverse;   // 1 / sum of exp((s_ij - shift_i) / tau)
  const double* values;   // (rows) log sum exp
};

template <typename Mode>
LogSumExps log_sum_exps(gramian_context* context, const Operand<Mode>& x, double tau);

// The sums of dL/dx_i, without 1/tau.
template <typename Mode>
WeightedRows log_sum_exp_rows(
    gramian_context* context, const Operand<Mode>& x, double tau, const LogSumExps& of);

}  // namespace gramian
