// Row-wise log-sum-exp of the off-diagonal feature Gram, sum_i log sum_{j != i} exp(C_ij / tau) (gram/feature_fold.h).
// A tile above the diagonal serves the rows of both its items, as C is symmetric. dL/dC_ij = P_ij / tau with P the
// softmax of the rows, hence W_ij = (P_ij + P_ji) / tau.
#pragma once

#include "gram/feature_fold.h"

namespace gramian {

class LogSumExp {
 public:
  // C = alpha z^T z, d >= 2.
  LogSumExp(gramian_context* context, int64_t n, int64_t d, float alpha, double tau, bool backward);

  // The sum over rows of log-sum-exp.
  double forward(Panel z);
  // dz (n,d) = weight times its gradient; after forward() of the same z. finish(rows) as in FeatureFold.
  template <typename Finish>
  void backward(Panel z, double weight, float* dz, const Finish& finish) {
    const float factor = static_cast<float>(weight / tau_);
    gram_.backward(z, [&](const GramTile& tile) { weigh(factor, tile); }, dz, finish);
  }

 private:
  void fold(const GramTile& tile) const;
  void weigh(float factor, const GramTile& tile) const;

  int64_t d_;
  double tau_;
  float scale_;  // log2(e) / tau
  FeatureFold gram_;
  float* tile_max_;   // (tiles, d): of item k over the columns of tile t at t * d + k
  double* tile_sum_;  // (tiles, d)
  float* max_;        // (d)
  float* inverse_;    // (d): 1 / sum
};

}  // namespace gramian
