// InfoNCE against keys without gradient on the device: gramian/epilogue/key_info_nce.h. 2 n m d FLOP forward against m
// keys, 4 n m d backward (d <= 128); no memory of size n m.
#include "gramian/epilogue/key_info_nce.h"

#include "gram/precisions.h"
#include "gramian/contrastive.h"
#include "losses/normalize.h"
#include "losses/softmax_rows.h"

namespace gramian {
namespace {

struct Call {
  int64_t n, d;
  float temperature;
  double weight;
  double* loss;
  float* dq;
};

struct Unit {
  float* u;
  float* norm;
};

Unit unit_rows(gramian_context* context, int64_t n, int64_t d, const float* z) {
  const Unit out = {context->scratch<float>(n * padded_width(d)), context->scratch<float>(n)};
  normalize_rows(context, n, d, z, d, RowRule::unit, kNormEps, padded_width(d), out.u, out.norm);
  return out;
}

// weight times the mean over queries q, whose positives are rows match (or their own) of keys.
template <typename Mode>
void against(gramian_context* context, const Call& call, const Unit& q, const Unit& keys, const int32_t* match,
    const Operand<Mode>& negatives, const Pairs& pairs, bool shifted) {
  const int64_t width = padded_width(call.d);
  const float scale = exponent_scale(call.temperature);
  const SoftmaxTerms terms = {pairs, shifted, scale};
  const Operand<Mode> queries = lay_out<Mode>(context, call.n, call.d, q.u, width);
  double* positive = context->scratch<double>(call.n);
  positives(context, call.n, width, q.u, keys.u, match, positive);
  const ExponentialSums sums =
      exponential_sums_of<Mode>(context, "key_info_nce_exponential_sums", queries, negatives, terms);
  const SoftmaxRows of = softmax_rows(context, call.n);
  row_statistics(context, sums, positive, call.temperature, scale, of);
  mean_of(context, call.n, of.loss, call.weight, call.loss);
  if (call.dq == nullptr) return;
  const WeightedRows weighted = weighted_rows_of<Mode>(context, "key_info_nce_weighted_rows", queries, negatives, terms,
      {of.shift, of.inverse, nullptr, nullptr});
  const float factor = static_cast<float>(call.weight / (static_cast<double>(call.n) * call.temperature));
  row_gradient(context,
      {call.n, call.d, width, weighted.splits, call.n * width, width, weighted.partial, q.u, q.norm, RowRule::unit,
          kNormEps, factor, 0, call.d, call.dq, nullptr},
      PairPull{keys.u, match, of.pull, nullptr});
}

}  // namespace
}  // namespace gramian

gramian_status gramian_queue_info_nce(gramian_context* context, int64_t n, int64_t keys, int64_t length, int64_t d,
    const float* q, const float* k, const int32_t* match, const float* queue, float temperature, float weight,
    double* loss, float* dq) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const Unit queries = unit_rows(context, n, d, q);
    const Unit positive_keys = unit_rows(context, keys, d, k);
    with_precision(context, [&](auto mode) {
      using Mode = decltype(mode);
      // the queue is taken as it is, so its products have no bound
      against<Mode>(context, {n, d, temperature, weight, loss, dq}, queries, positive_keys, match,
          lay_out<Mode>(context, length, d, queue, d), Pairs::all(), true);
    });
  });
}

gramian_status gramian_moco_v3(gramian_context* context, int64_t n, int64_t d, const float* q, const float* k,
    float temperature, double* loss, float* dq) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const Unit queries = unit_rows(context, n, d, q);
    const Unit keys = unit_rows(context, n, d, k);
    const bool shifted = !(temperature >= nt_xent::kFixedShiftTemperature);
    with_precision(context, [&](auto mode) {
      using Mode = decltype(mode);
      against<Mode>(context, {n, d, temperature, 2.0 * temperature, loss, dq}, queries, keys, nullptr,
          lay_out<Mode>(context, n, d, keys.u, padded_width(d)), Pairs::of_different_images(n), shifted);
    });
  });
}
