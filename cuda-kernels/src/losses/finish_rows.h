// From the sums of the first Gram loop to loss, factor and pull of each row, one thread a row. What a loss makes of the
// sum over its negatives is a functor:
//
//   RowLoss operator()(int64_t i, double negatives, double shift) const
//
// negatives = sum over j of exp((f(s_ij) - shift) / tau); 0 where there are none, then with shift 0.
#pragma once

#include "gram/exponential_sums.h"
#include "losses/softmax_rows.h"

namespace gramian {

struct RowLoss {
  double loss;
  double inverse;  // dloss / dnegatives
  double pull;     // -tau dloss / ds of its positive
};

// A row of NT-Xent (gramian/epilogue/nt_xent.h) with positive i or i - n.
struct NtXentRow {
  int64_t n;
  const double* positive;
  double rate;  // 1 / temperature

  __device__ __forceinline__ RowLoss operator()(int64_t i, double negatives, double shift) const {
    const nt_xent::Row r = nt_xent::row(negatives, (positive[i < n ? i : i - n] - shift) * rate);
    return {r.loss, r.inverse, r.miss};
  }
};

constexpr int kFinishThreads = 256;
constexpr int kFinishBlocks = 4;  // on a multiprocessor, as many as 64 registers allow: unasked, ptxas spills at 40

// Rows from anchors on are no anchors: factor 0, with a shift that keeps their exponentials at 0. partial (splits,
// anchors).
template <typename Row>
__global__ void __launch_bounds__(kFinishThreads, kFinishBlocks)
    finish_rows(const ExponentialSum* __restrict__ partial, int splits, int64_t anchors, float scale, Row row,
        SoftmaxRows rows) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kFinishThreads + threadIdx.x;
  if (i >= rows.count) return;
  if (i >= anchors) {
    rows.shift[i] = INFINITY;
    rows.inverse[i] = 0;
    rows.pull[i] = 0;
    return;
  }
  ExponentialSum negatives = partial[i];
  for (int s = 1; s < splits; ++s) negatives = merged(negatives, partial[s * anchors + i], scale);
  const float shift = negatives.top == -INFINITY ? 0.0f : negatives.top;
  rows.shift[i] = shift;
  const RowLoss r = row(i, negatives.sum, static_cast<double>(shift));
  rows.inverse[i] = static_cast<float>(r.inverse);
  rows.pull[i] = static_cast<float>(r.pull);
  rows.loss[i] = r.loss;
}

template <typename Row>
void finish_rows_by(gramian_context* context, const ExponentialSums& sums, int64_t anchors, float scale, const Row& row,
    const SoftmaxRows& rows) {
  const int64_t blocks = (rows.count + kFinishThreads - 1) / kFinishThreads;
  launch(context->stream, {"row_statistics", static_cast<unsigned>(blocks), kFinishThreads}, finish_rows<Row>,
      sums.partial, sums.splits, anchors, scale, row, rows);
}

}  // namespace gramian
