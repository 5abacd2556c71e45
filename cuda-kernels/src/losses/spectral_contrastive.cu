// Spectral contrastive loss on the device. Formula of both sides: gramian/epilogue/spectral_contrastive.h.
//   samples    the loops of gram/square_gram.h, no matrix: 2 n^2 d FLOP forward, 8 n^2 d backward (d <= 128)
//   features   F_a, F_b (d x d) and products with them (gram/product.h): 2 n d^2 forward, 4 n d^2 backward; splits + 1
//   times 2 d^2 floats
// g_ii is a float64 dot product on both, and the diagonals of F stay in float32.
#include "gramian/epilogue/spectral_contrastive.h"

#include <cmath>

#include "gram/merge_grams.h"
#include "gram/precisions.h"
#include "gram/square_gram.h"
#include "gramian/contrastive.h"
#include "gramian/covariance.h"
#include "losses/softmax_rows.h"
#include "tile/reduce.h"

namespace gramian {
namespace {

constexpr int kThreads = 1024;

// One block. squares (splits, count); samples: they leave the pairs out already. balance is pull / push; towards (n)
// receives what a row is drawn to its partner by, over push.
__global__ void __launch_bounds__(kThreads) spectral_value(int64_t n, const double* __restrict__ pair, int64_t count,
    const double* __restrict__ squares, bool samples, double mu, double balance, float* __restrict__ towards,
    double* loss) {
  tile::SharedMemory memory;
  const auto first = memory.take<double>(kThreads / 32);
  const auto second = memory.take<double>(kThreads / 32);
  double positives = 0;
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kThreads) sum += squares[i];
  for (int64_t i = threadIdx.x; i < n; i += kThreads) {
    positives += pair[i];
    if (!samples) sum -= pair[i] * pair[i];
    towards[i] = static_cast<float>(balance + (samples ? 0 : pair[i]));
  }
  positives = tile::block_sum(positives, first);
  sum = tile::block_sum(sum, second);
  if (threadIdx.x == 0) loss[0] = spectral_contrastive::loss(positives, sum, static_cast<double>(n), mu);
}

template <typename Mode>
struct Spectral {
  gramian_context* context;
  int64_t n, d;
  float mu;
  const float* z[2];
  float* dz[2];
  double* loss;
  int64_t width = padded_width(d);
  float limit = std::sqrt(mu);
  float* u[2] = {};
  float* norm[2] = {};
  double* pair = nullptr;
  float* towards = nullptr;

  void take() {
    float* both = context->scratch<float>(2 * n * width);
    for (int v = 0; v < 2; ++v) {
      u[v] = both + v * n * width;
      norm[v] = context->scratch<float>(n);
      normalize_rows(context, n, d, z[v], d, RowRule::cap, limit, width, u[v], norm[v]);
    }
    pair = context->scratch<double>(n);
    towards = context->scratch<float>(n);
    positives(context, n, width, u[0], u[1], nullptr, pair);
  }

  void value(int64_t count, const double* squares, bool samples) const {
    const double rows = static_cast<double>(n);
    const double balance = spectral_contrastive::pull(rows, mu) / spectral_contrastive::push(rows, mu);
    launch(context->stream, {"spectral_value", 1, kThreads, 2 * tile::shared_bytes<double>(kThreads / 32)},
        spectral_value, n, pair, count, squares, samples, static_cast<double>(mu), balance, towards, loss);
  }

  RowGradient gradient(int view, const float* weighted, int splits, int64_t row_stride) const {
    const float push = static_cast<float>(spectral_contrastive::push(static_cast<double>(n), mu));
    return {n, d, width, splits, n * row_stride, row_stride, weighted, u[view], norm[view], RowRule::cap, limit, push,
        0, d, dz[view], nullptr};
  }

  void on_samples() const {
    const Pairs others = Pairs::of_different_images(n);
    Operand<Mode> rows[2] = {};
    for (int v = 0; v < 2; ++v) rows[v] = lay_out<Mode>(context, n, d, u[v], width);
    const RowSums<double> squares = square_sums_of(context, "spectral_squares", rows[0], rows[1], others);
    value(squares.splits * n, squares.partial, true);
    if (dz[0] == nullptr) return;
    for (int v = 0; v < 2; ++v) {
      const WeightedRows weighted = products_with_rows_of(context, "spectral_rows", rows[v], rows[1 - v], others);
      row_gradient(context, gradient(v, weighted.partial, weighted.splits, width),
          PairPull{u[1 - v], nullptr, towards, nullptr});
    }
  }

  void on_features() const {
    const Operand<Mode> columns = lay_out_transposed<Mode>(context, n, d, u[0], width, 2);
    const Product grams = gram<Mode>(context, "spectral_gram", columns, 2);
    const MergedGrams<Mode> merged = merge_grams<Mode>(context, grams, 2, true, true, dz[0] != nullptr);
    value(merged.blocks, merged.sums[0], false);
    if (dz[0] == nullptr) return;
    for (int v = 0; v < 2; ++v) {
      const Product p = product<Mode>(context, "spectral_gradient", lay_out<Mode>(context, n, d, u[v], width),
          merged.off_diagonal[1 - v]);
      row_gradient(
          context, gradient(v, p.partial, p.splits, d), FeaturePull{u[1 - v], towards, u[v], merged.diagonal[1 - v]});
    }
  }
};

}  // namespace
}  // namespace gramian

gramian_status gramian_spectral_contrastive(gramian_context* context, int64_t n, int64_t d, const float* za,
    const float* zb, float mu, int32_t side, double* loss, float* dza, float* dzb) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    with_precision(context, [&](auto mode) {
      Spectral<decltype(mode)> call = {context, n, d, mu, {za, zb}, {dza, dzb}, loss};
      call.take();
      if (side == GRAMIAN_GRAM_SAMPLES) {
        call.on_samples();
      } else {
        call.on_features();
      }
    });
  });
}
