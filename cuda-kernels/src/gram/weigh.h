// Launches weighted_rows.h for a weight of one's own: sum_j W_ij y_j as (splits, rows of X, width) partial sums.
#pragma once

#include "gram/softmax_gram.h"
#include "gram/weighted_rows.h"

namespace gramian {

template <typename Mode, typename Weight>
WeightedRows weigh(gramian_context* context, const char* name, const Operand<Mode>& x, const Operand<Mode>& y,
    const Weight& weight) {
  using Shape = WeighShape<Mode>;
  const int64_t blocks = (x.count + Shape::kRows - 1) / Shape::kRows;
  const int64_t slabs = (x.width + kFeatures - 1) / kFeatures;
  const Splits splits = split_columns(blocks * slabs, y.count, Shape::kColumns);
  const WeightedRows out = {context->scratch<float>(splits.count * x.count * x.width), splits.count};
  launch(context->stream,
      {name,
          dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(splits.count), static_cast<unsigned>(slabs)),
          kGramThreads, weighted_rows_bytes<Mode>()},
      weighted_rows<Mode, Weight>, x, y, weight, splits.tiles, out.partial);
  return out;
}

}  // namespace gramian
