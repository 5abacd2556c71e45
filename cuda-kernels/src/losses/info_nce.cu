// InfoNCE between two sets of rows on the device: gramian/epilogue/info_nce.h. Rows of the Gram X Y^T are summed by one
// loop, columns by the same loop on Y X^T; gradients likewise: 2 n^2 d FLOP a direction forward, 8 n^2 d backward
// (d <= 128).
#include "gramian/epilogue/info_nce.h"

#include "gram/precisions.h"
#include "gramian/contrastive.h"
#include "losses/normalize.h"
#include "losses/softmax_rows.h"

namespace gramian {
namespace {

struct Call {
  int64_t n, d, stride;
  float temperature;
  bool unit, symmetric;
  double* result;
};

// One set of rows, as it is multiplied.
template <typename Mode>
struct Side {
  const float* u;
  float* norm;  // null unless the rows are made unit
  Operand<Mode> rows;
};

template <typename Mode>
Side<Mode> side_of(gramian_context* context, const Call& call, const float* z) {
  const int64_t width = padded_width(call.d);
  Side<Mode> side = {};
  if (call.unit) {
    float* u = context->scratch<float>(call.n * width);
    side.norm = context->scratch<float>(call.n);
    normalize_rows(context, call.n, call.d, z, call.stride, RowRule::unit, kNormEps, width, u, side.norm);
    side.u = u;
  } else {
    side.u = pad_rows(context, call.n, call.d, z, call.stride);
  }
  side.rows = lay_out<Mode>(context, call.n, call.d, side.u, width);
  return side;
}

template <typename Mode>
void info_nce_loss(gramian_context* context, const Call& call, const float* const z[2], float* const dz[2]) {
  const int64_t n = call.n;
  const int64_t width = padded_width(call.d);
  const bool shifted = !call.unit || !(call.temperature >= nt_xent::kFixedShiftTemperature);
  const float scale = exponent_scale(call.temperature);
  const SoftmaxTerms terms = {Pairs::of_different_images(n), shifted, scale};
  const double weight = info_nce::directions(call.symmetric).rows;  // and of columns, where they count
  const Side<Mode> sides[2] = {side_of<Mode>(context, call, z[0]), side_of<Mode>(context, call, z[1])};
  double* positive = context->scratch<double>(n);
  double* loss = context->scratch<double>(2 * n);
  positives(context, n, width, sides[0].u, sides[1].u, nullptr, positive);
  SoftmaxRows of[2] = {};
  const int directions = call.symmetric ? 2 : 1;
  for (int s = 0; s < directions; ++s) {
    of[s] = softmax_rows(context, n);
    of[s].loss = loss + s * n;
    const ExponentialSums sums = exponential_sums_of<Mode>(
        context, "info_nce_exponential_sums", sides[s].rows, sides[1 - s].rows, terms);
    row_statistics(context, sums, positive, call.temperature, scale, of[s]);
  }
  mean_of(context, directions * n, loss, 1, call.result);
  if (dz[0] == nullptr) return mean_of(context, 0, loss, 0, call.result + 1);
  double* along = context->scratch<double>(n);
  const float factor = static_cast<float>(weight / (static_cast<double>(n) * call.temperature));
  for (int s = 0; s < 2; ++s) {
    const SoftmaxRows& mine = of[s];
    const SoftmaxRows& theirs = of[1 - s];
    const WeightedRows weighted = weighted_rows_of<Mode>(context, "info_nce_weighted_rows", sides[s].rows,
        sides[1 - s].rows, terms, {mine.shift, mine.inverse, theirs.shift, theirs.inverse});
    row_gradient(context,
        {n, call.d, width, weighted.splits, n * width, width, weighted.partial, sides[s].u, sides[s].norm,
            call.unit ? RowRule::unit : RowRule::none, kNormEps, factor, 0, call.stride, dz[s],
            s == 0 ? along : nullptr},
        PairPull{sides[1 - s].u, nullptr, of[0].pull, of[1].pull});
  }
  mean_of(context, n, along, static_cast<double>(n), call.result + 1);
}

}  // namespace
}  // namespace gramian

gramian_status gramian_info_nce(gramian_context* context, int64_t n, int64_t d, int64_t stride, const float* x,
    const float* y, float temperature, int32_t unit, int32_t symmetric, double* result, float* dx, float* dy) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const Call call = {n, d, stride, temperature, unit != 0, symmetric != 0, result};
    const float* const z[2] = {x, y};
    float* const dz[2] = {dx, dy};
    with_precision(context, [&](auto mode) { info_nce_loss<decltype(mode)>(context, call, z, dz); });
  });
}
