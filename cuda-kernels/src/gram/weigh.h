// Launches weighted_rows.h for a weight of one's own: sum_j W_ij y_j as (splits, rows of X, width) partial sums. Where
// rows fit shared memory whole, they do.
#pragma once

#include "gram/row_sums.h"
#include "gram/softmax_gram.h"
#include "gram/weighted_rows.h"

namespace gramian {

template <typename Mode>
struct WeightedCut {
  unsigned blocks, slabs;
  Splits splits;
  WeightedRows out;
};

template <typename Mode>
WeightedCut<Mode> weighted_cut(
    gramian_context* context, const Operand<Mode>& x, const Operand<Mode>& y, int64_t features) {
  using Shape = WeighShape<Mode>;
  check_counts(x.count, y.count);
  WeightedCut<Mode> cut = {blocks_of(x.count, Shape::kRows), blocks_of(x.width, features), {}, {}};
  cut.splits = split_columns(static_cast<int64_t>(cut.blocks) * cut.slabs, y.count, Shape::kColumns);
  cut.out = {context->scratch<float>(cut.splits.count * x.count * x.width), cut.splits.count};
  return cut;
}

template <typename Mode, int kWidth, typename Weight>
WeightedRows weigh_whole(gramian_context* context, const char* name, const Operand<Mode>& x,
    const Operand<Mode>& y, const Weight& weight) {
  using Shape = WeighShape<Mode>;
  const WeightedCut<Mode> cut = weighted_cut(context, x, y, kWidth);
  const size_t bytes = tile::shared_bytes<typename Mode::Element>(Shape::kRows * kRowStride<Mode, kWidth>) +
                       tile::shared_bytes<typename Mode::Element>(2 * Shape::kColumns * kRowStride<Mode, kWidth>);
  launch(context->stream,
      {name, dim3(cut.blocks, static_cast<unsigned>(cut.splits.count), cut.slabs), kGramThreads, bytes},
      weighted_whole_rows<Mode, kWidth, Weight>, x, y, weight, cut.splits.tiles, cut.out.partial);
  return cut.out;
}

// name is the kernel's in messages.
template <typename Mode, typename Weight>
WeightedRows weigh(gramian_context* context, const char* name, const Operand<Mode>& x,
    const Operand<Mode>& y, const Weight& weight) {
  using Shape = WeighShape<Mode>;
  if constexpr (kWholeWidth<Mode> > 0) {
    if (x.width <= 128) return weigh_whole<Mode, 128>(context, name, x, y, weight);
    if (x.width <= kWholeWidth<Mode>) {
      return weigh_whole<Mode, kWholeWidth<Mode>>(context, name, x, y, weight);
    }
  }
  const WeightedCut<Mode> cut = weighted_cut(context, x, y, kFeatures);
  const size_t bytes = tile::shared_bytes<typename Mode::Element>(Shape::kStages * Shape::kStage) +
                       tile::shared_bytes<typename Mode::Element>(Shape::kColumns * kRowStride<Mode, kFeatures>) +
                       tile::shared_bytes<float>(kWeightFloats<Mode>);
  launch(context->stream,
      {name, dim3(cut.blocks, static_cast<unsigned>(cut.splits.count), cut.slabs), kGramThreads, bytes},
      weighted_rows<Mode, Weight>, x, y, weight, cut.splits.tiles, cut.out.partial);
  return cut.out;
}

}  // namespace gramian
