#include "gram/exponential_sums.h"
#include "gram/weigh.h"

namespace gramian {
namespace {

// W_ij of softmax_gram.h, and 0 where the pair does not count.
template <bool kShifted, bool kUnsigned>
struct SoftmaxWeight {
  SoftmaxTerms terms;
  SoftmaxWeights of;
  struct Row {
    int image;
    float shift, factor;
  };
  // without factors of rows: a shift that no product reaches, so that their exponential is 0
  __device__ __forceinline__ Row row(int i) const {
    const int image = terms.pairs.image_of_row(i);
    if (of.row_factor == nullptr) return {image, kShifted ? INFINITY : 1.0f, 0.0f};
    return {image, of.row_shift[i], of.row_factor[i]};
  }
  __device__ __forceinline__ float operator()(const Row& r, float s, int, int j) const {
    if (terms.pairs.image_of_column(j) == r.image) return 0;
    if (!kUnsigned) return exponential(r, s, j);
    return exponential(r, unsigned_value(terms.similarity, s), j) * unsigned_slope(terms.similarity, s);
  }

 private:
  __device__ __forceinline__ float exponential(const Row& r, float f, int j) const {
    const float e = exp2f(nt_xent::exponent(f, r.shift, terms.scale));
    if (of.column_factor == nullptr) return e * r.factor;
    if (!kShifted) return nt_xent::weight(e, r.factor, of.column_factor[j]);
    const float column = exp2f(nt_xent::exponent(f, of.column_shift[j], terms.scale));
    return nt_xent::shifted_weight(e, r.factor, column, of.column_factor[j]);
  }
};

template <typename Mode, bool kShifted, bool kUnsigned>
WeightedRows weighted(gramian_context* context, const char* name, const Operand<Mode>& x, const Operand<Mode>& y,
    const SoftmaxTerms& terms, const SoftmaxWeights& weights) {
  return weigh(context, name, x, y, SoftmaxWeight<kShifted, kUnsigned>{terms, weights});
}

}  // namespace

template <typename Mode>
WeightedRows weighted_rows_of(gramian_context* context, const char* name, const Operand<Mode>& x,
    const Operand<Mode>& y, const SoftmaxTerms& terms, const SoftmaxWeights& weights) {
  const auto call = terms.similarity == similarity::kCosine
                        ? (terms.shifted ? weighted<Mode, true, false> : weighted<Mode, false, false>)
                        : (terms.shifted ? weighted<Mode, true, true> : weighted<Mode, false, true>);
  return call(context, name, x, y, terms, weights);
}

#define GRAMIAN_WEIGHTED(Mode)                                                                   \
  template WeightedRows weighted_rows_of<Mode>(gramian_context*, const char*, const Operand<Mode>&, \
      const Operand<Mode>&, const SoftmaxTerms&, const SoftmaxWeights&);
GRAMIAN_WEIGHTED(tile::Float32)
GRAMIAN_WEIGHTED(tile::Tf32)
GRAMIAN_WEIGHTED(tile::Bfloat16)

}  // namespace gramian
