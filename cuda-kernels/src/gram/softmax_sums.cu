#include "gram/row_sums.h"
#include "gram/symmetric_sums.h"

namespace gramian {
namespace {

template <typename Mode, bool kShifted, bool kUnsigned>
ExponentialSums sums(gramian_context* context, const char* name, const Operand<Mode>& x, const Operand<Mode>& y,
    const SoftmaxTerms& terms) {
  const ExponentialStatistic<kShifted, kUnsigned> statistic = {terms.scale, terms.similarity};
  const RowSums<ExponentialSum> out = row_sums_of(context, name, x, y, terms.pairs, statistic);
  return {out.partial, out.splits};
}

}  // namespace

template <typename Mode>
ExponentialSums exponential_sums_of(gramian_context* context, const char* name, const Operand<Mode>& x,
    const Operand<Mode>& y, const SoftmaxTerms& terms) {
  if (terms.similarity != similarity::kCosine) {
    if (!terms.shifted) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "no loss has sums without sign of two matrices");
    return sums<Mode, true, true>(context, name, x, y, terms);
  }
  return (terms.shifted ? sums<Mode, true, false> : sums<Mode, false, false>)(context, name, x, y, terms);
}

template <typename Mode>
ExponentialSums exponential_sums_of_self(
    gramian_context* context, const char* name, const Operand<Mode>& x, const SoftmaxTerms& terms) {
  if (terms.shifted) return exponential_sums_of(context, name, x, x, terms);
  const bool cosine = terms.similarity == similarity::kCosine;
  return cosine ? symmetric_sums_of<Mode, false>(context, name, x, terms)
                : symmetric_sums_of<Mode, true>(context, name, x, terms);
}

#define GRAMIAN_SUMS(Mode)                                                                                       \
  template ExponentialSums exponential_sums_of<Mode>(                                                            \
      gramian_context*, const char*, const Operand<Mode>&, const Operand<Mode>&, const SoftmaxTerms&);           \
  template ExponentialSums exponential_sums_of_self<Mode>(                                                       \
      gramian_context*, const char*, const Operand<Mode>&, const SoftmaxTerms&);
GRAMIAN_SUMS(tile::Float32)
GRAMIAN_SUMS(tile::Tf32)
GRAMIAN_SUMS(tile::Bfloat16)

}  // namespace gramian
