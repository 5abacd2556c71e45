// The two Gram loops of a loss on squared products, s = X Y^T, over the pairs of different images:
//   sums       sum_j s_ij^2
//   weighted   sum_j s_ij y_j
#pragma once

#include "gram/row_sums.h"
#include "gram/softmax_gram.h"

namespace gramian {

template <typename Mode>
RowSums<double> square_sums_of(gramian_context* context, const char* name, const Operand<Mode>& x,
    const Operand<Mode>& y, const Pairs& pairs);

template <typename Mode>
WeightedRows products_with_rows_of(gramian_context* context, const char* name, const Operand<Mode>& x,
    const Operand<Mode>& y, const Pairs& pairs);

}  // namespace gramian
