// Off-diagonal penalties of the feature Gram F = z^T z other than squares, on the fold of gram/feature_fold.h:
//   absolute     sum_{i != j} |F_ij| / scale,                    W_ij = 2 sign(F_ij) / scale
//   exponential  sum_i log sum_{j != i} exp(F_ij / (scale tau)), W_ij = (P_ij + P_ji) / (scale tau)
// and dz = z W. n d^2 FLOP for the value, 3 n d^2 with the gradient.
#include "core/context.h"
#include "core/status.h"
#include "gram/exponentials.h"
#include "gram/feature_fold.h"
#include "gram/log_sum_exp.h"
#include "gramian/decorrelation.h"

namespace gramian {
namespace {

double absolute(gramian_context* context, int64_t n, int64_t d, const float* z, double scale, float* dz) {
  FeatureFold gram(context, n, d, static_cast<float>(1 / scale), 0, dz != nullptr);
  const int64_t tiles = gram.tiles();
  double* sums = context->scratch<double>(tiles * tiles);
  const auto fold = [&](const GramTile& tile) {
    const double sum = GRAMIAN_SIMD(fold_magnitudes)(tile.i.size, tile.j.size, 2, tile.data, tile.ld);
    sums[tile.i.begin / gram.tile() * tiles + tile.j.begin / gram.tile()] = sum;
  };
  if (dz == nullptr) {
    gram.forward({z, d}, fold);
  } else {
    gram.backward({z, d}, fold, dz, [](Range) {});
  }
  double value = 0;
  for (int64_t i = 0; i < tiles; ++i) {
    for (int64_t j = i; j < tiles; ++j) value += (i == j ? 1 : 2) * sums[i * tiles + j];
  }
  return value;
}

}  // namespace
}  // namespace gramian

gramian_status gramian_off_diagonal_absolute(
    gramian_context* context, int64_t n, int64_t d, const float* z, float scale, double* value, float* dz) {
  return gramian::guarded([&] {
    context->begin();
    *value = n == 0 || d == 0 ? 0 : gramian::absolute(context, n, d, z, scale, dz);
  });
}

gramian_status gramian_off_diagonal_exponential(
    gramian_context* context, int64_t n, int64_t d, const float* z, float scale, float tau, double* value, float* dz) {
  return gramian::guarded([&] {
    context->begin();
    gramian::LogSumExp gram(context, n, d, static_cast<float>(1 / static_cast<double>(scale)), tau, dz != nullptr);
    *value = gram.forward({z, d});
    if (dz != nullptr) gram.backward({z, d}, 1, dz, [](gramian::Range) {});
  });
}
