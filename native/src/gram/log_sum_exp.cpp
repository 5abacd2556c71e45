#include "gram/log_sum_exp.h"

#include <cfloat>
#include <cmath>
#include <limits>

#include "gram/exponentials.h"

namespace gramian {
namespace {

constexpr double kLog2E = 1.4426950408889634;

}  // namespace

LogSumExp::LogSumExp(gramian_context* context, int64_t n, int64_t d, float alpha, double tau, bool backward)
    : d_(d),
      tau_(tau),
      scale_(static_cast<float>(kLog2E / tau)),
      // exp(-inf) = 0: the diagonal stays out of every sum, and gets no weight
      gram_(context, n, d, alpha, -std::numeric_limits<float>::infinity(), backward),
      tile_max_(context->scratch<float>(gram_.tiles() * d)),
      tile_sum_(context->scratch<double>(gram_.tiles() * d)),
      max_(context->scratch<float>(d)),
      inverse_(context->scratch<float>(d)) {}

double LogSumExp::forward(Panel z) {
  gram_.forward(z, [&](const GramTile& tile) { fold(tile); });
  double total = 0;
  for (int64_t k = 0; k < d_; ++k) {
    float max = -FLT_MAX;
    for (int64_t t = 0; t < gram_.tiles(); ++t) max = tile_max_[t * d_ + k] > max ? tile_max_[t * d_ + k] : max;
    double sum = 0;
    for (int64_t t = 0; t < gram_.tiles(); ++t) {
      const double part = tile_sum_[t * d_ + k];
      // a tile without entries has no maximum to subtract; NaN is not 0
      if (part != 0) sum += part * std::exp((static_cast<double>(tile_max_[t * d_ + k]) - max) / tau_);
    }
    max_[k] = max;
    inverse_[k] = static_cast<float>(1 / sum);
    total += std::log(sum) + max / tau_;
  }
  return total;
}

void LogSumExp::fold(const GramTile& tile) const {
  const int64_t rows_at = tile.j.begin / gram_.tile() * d_ + tile.i.begin;
  const int64_t columns_at = tile.i.begin / gram_.tile() * d_ + tile.j.begin;
  GRAMIAN_SIMD(fold_exponentials)
  (tile.i.size, tile.j.size, scale_, tile.data, tile.ld, tile_max_ + rows_at, tile_sum_ + rows_at,
      tile.diagonal() ? nullptr : tile_max_ + columns_at, tile.diagonal() ? nullptr : tile_sum_ + columns_at);
}

void LogSumExp::weigh(float factor, const GramTile& tile) const {
  GRAMIAN_SIMD(weigh_exponentials)
  (tile.i.size, tile.j.size, scale_, factor, max_ + tile.i.begin, inverse_ + tile.i.begin, max_ + tile.j.begin,
      inverse_ + tile.j.begin, tile.data, tile.ld);
}

}  // namespace gramian
