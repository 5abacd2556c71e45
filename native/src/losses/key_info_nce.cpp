// InfoNCE against keys without gradient. Formula: gramian/epilogue/key_info_nce.h; loop, FLOP, memory:
// gram/key_stream.h.
#include "gramian/epilogue/key_info_nce.h"

#include "core/status.h"
#include "gram/key_stream.h"
#include "gramian/contrastive.h"
#include "losses/contrastive_rows.h"
#include "losses/softmax_epilogue.h"

namespace gramian {
namespace {

// Queries and their positives: row i of the queries belongs to row match[i] of the keys, or to row i without a match.
struct Pairs {
  const ContrastiveRows& queries;
  const ContrastiveRows& keys;
  const int32_t* match;

  int64_t positive(int64_t i) const { return match == nullptr ? i : match[i]; }
};

// weight times the mean over queries; dq (m,d) receives its gradient unless null.
double against(gramian_context* context, const Pairs& pairs, const KeyStream& stream, float temperature, double weight,
    float* dq) {
  const int64_t m = pairs.queries.count;
  const int64_t d = pairs.queries.d;
  const KeyStream::Sums sums = stream.run(exponent_scale(temperature), dq != nullptr);
  double* loss = context->scratch<double>(m);
  const float factor = static_cast<float>(weight / (static_cast<double>(m) * temperature));
  for_each_block(context->threads, Blocks(m, kRowBlock), [&](int, Range rows) {
    for (int64_t i = rows.begin; i < rows.begin + rows.size; ++i) {
      const double shift = sums.shift[i] == kNoShift ? 0 : sums.shift[i];
      const int64_t p = pairs.positive(i);
      const double s = pairs.queries.dot(i, pairs.keys, p);
      const nt_xent::Row row = nt_xent::row(sums.sum[i], (s - shift) / temperature);
      loss[i] = row.loss;
      if (dq == nullptr) continue;
      float* g = sums.keys + i * stream.stride();
      for (int64_t k = 0; k < d; ++k) g[k] *= static_cast<float>(row.inverse);
      GRAMIAN_SIMD(contrastive_add)(d, -static_cast<float>(row.miss), pairs.keys.u + p * d, g);
      pairs.queries.back(i, g, factor, 0, dq + i * d);
    }
  });
  double sum = 0;
  for (int64_t i = 0; i < m; ++i) sum += loss[i];
  return m == 0 ? 0 : weight * sum / static_cast<double>(m);
}

}  // namespace
}  // namespace gramian

gramian_status gramian_queue_info_nce(gramian_context* context, int64_t n, int64_t keys, int64_t length, int64_t d,
    const float* q, const float* k, const int32_t* match, const float* queue, float temperature, float weight,
    double* loss, float* dq) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const ContrastiveRows queries(context, n, d, d);
    const ContrastiveRows positives(context, keys, d, d);
    queries.take(0, n, q, RowRule::unit, kNormEps);
    positives.take(0, keys, k, RowRule::unit, kNormEps);
    const KeyStream stream(context, queries.u, n, queue, length, d, false);
    *loss = against(context, {queries, positives, match}, stream, temperature, weight, dq);
  });
}

gramian_status gramian_moco_v3(gramian_context* context, int64_t n, int64_t d, const float* q, const float* k,
    float temperature, double* loss, float* dq) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const ContrastiveRows queries(context, n, d, d);
    const ContrastiveRows keys(context, n, d, d);
    queries.take(0, n, q, RowRule::unit, kNormEps);
    keys.take(0, n, k, RowRule::unit, kNormEps);
    const KeyStream stream(context, queries.u, n, keys.u, n, d, true);
    *loss = against(context, {queries, keys, nullptr}, stream, temperature, 2.0 * temperature, dq);
  });
}
