#include "gram/softmax_gram.h"

#include <limits>

#include "gram/exponential_sums.h"
#include "gram/weighted_rows.h"
#include "gramian/epilogue/nt_xent.h"

namespace gramian {
namespace {

// W_ij of softmax_gram.h, and 0 where the pair does not count.
template <bool kShifted>
struct SoftmaxWeight {
  Pairs pairs;
  float scale;
  SoftmaxWeights of;
  struct Row {
    float shift, factor;
  };
  // without factors of rows: a shift that no product reaches, so that their exponential is 0
  __device__ __forceinline__ Row row(int i) const {
    if (of.row_factor == nullptr) return {kShifted ? INFINITY : 1.0f, 0.0f};
    return {of.row_shift[i], of.row_factor[i]};
  }
  __device__ __forceinline__ float operator()(const Row& r, float s, int i, int j) const {
    if (!pairs(i, j)) return 0;
    const float e = exp2f(nt_xent::exponent(s, r.shift, scale));
    if (of.column_factor == nullptr) return e * r.factor;
    if (!kShifted) return nt_xent::weight(e, r.factor, of.column_factor[j]);
    const float column = exp2f(nt_xent::exponent(s, of.column_shift[j], scale));
    return nt_xent::shifted_weight(e, r.factor, column, of.column_factor[j]);
  }
};

unsigned blocks_of(int64_t rows, int64_t each) { return static_cast<unsigned>((rows + each - 1) / each); }

void check_counts(int64_t rows, int64_t columns) {
  if (rows > std::numeric_limits<int>::max() || columns > std::numeric_limits<int>::max()) {
    GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "more than 2^31 - 1 rows");
  }
}

template <typename Mode, bool kShifted>
ExponentialSums sums(gramian_context* context, const char* name, const Operand<Mode>& x, const Operand<Mode>& y,
    Pairs pairs, float scale) {
  using Shape = TileShape<Mode, 4, 4, 2>;  // 128 x 128, a warp 64 x 32
  const Splits splits = split_columns(blocks_of(x.count, Shape::kRows), y.count, Shape::kColumns);
  const ExponentialSums out = {context->scratch<ExponentialSum>(splits.count * x.count), splits.count};
  const dim3 blocks(blocks_of(x.count, Shape::kRows), static_cast<unsigned>(splits.count));
  launch(context->stream, {name, blocks, kGramThreads, exponential_sums_bytes<Shape>()},
      exponential_sums<Shape, kShifted, Pairs>, x, y, pairs, 1.0f, scale, splits.tiles, out.partial);
  return out;
}

template <typename Mode, bool kShifted>
WeightedRows weighted(gramian_context* context, const char* name, const Operand<Mode>& x, const Operand<Mode>& y,
    Pairs pairs, const SoftmaxWeights& weights, float scale) {
  using Shape = WeighShape<Mode>;
  const unsigned blocks = blocks_of(x.count, Shape::kRows);
  const unsigned slabs = blocks_of(x.width, kFeatures);
  const Splits splits = split_columns(static_cast<int64_t>(blocks) * slabs, y.count, Shape::kColumns);
  const WeightedRows out = {context->scratch<float>(splits.count * x.count * x.width), splits.count};
  const SoftmaxWeight<kShifted> weight = {pairs, scale, weights};
  launch(context->stream,
      {name, dim3(blocks, static_cast<unsigned>(splits.count), slabs), kGramThreads, weighted_rows_bytes<Mode>()},
      weighted_rows<Mode, SoftmaxWeight<kShifted>>, x, y, weight, splits.tiles, out.partial);
  return out;
}

}  // namespace

template <typename Mode>
ExponentialSums exponential_sums_of(gramian_context* context, const char* name, const Operand<Mode>& x,
    const Operand<Mode>& y, Pairs pairs, bool shifted, float scale) {
  check_counts(x.count, y.count);
  return (shifted ? sums<Mode, true> : sums<Mode, false>)(context, name, x, y, pairs, scale);
}

template <typename Mode>
WeightedRows weighted_rows_of(gramian_context* context, const char* name, const Operand<Mode>& x,
    const Operand<Mode>& y, Pairs pairs, const SoftmaxWeights& weights, bool shifted, float scale) {
  return (shifted ? weighted<Mode, true> : weighted<Mode, false>)(context, name, x, y, pairs, weights, scale);
}

#define GRAMIAN_SOFTMAX_GRAM(Mode)                                                                       \
  template ExponentialSums exponential_sums_of<Mode>(                                                    \
      gramian_context*, const char*, const Operand<Mode>&, const Operand<Mode>&, Pairs, bool, float);    \
  template WeightedRows weighted_rows_of<Mode>(gramian_context*, const char*, const Operand<Mode>&,      \
      const Operand<Mode>&, Pairs, const SoftmaxWeights&, bool, float);
GRAMIAN_SOFTMAX_GRAM(tile::Float32)
GRAMIAN_SOFTMAX_GRAM(tile::Tf32)
GRAMIAN_SOFTMAX_GRAM(tile::Bfloat16)

}  // namespace gramian
