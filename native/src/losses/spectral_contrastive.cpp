// Spectral contrastive loss. Formula: gramian/epilogue/spectral_contrastive.h; loops: gram/cross_gram.h. An entry's
// derivative needs no statistic of its row, so that value and gradient take one pass: 6 n^2 d FLOP.
#include "gramian/epilogue/spectral_contrastive.h"

#include <cmath>

#include "core/status.h"
#include "gram/cross_gram.h"
#include "gramian/contrastive.h"
#include "losses/contrastive_rows.h"

namespace gramian {
namespace {

struct SquaresEpilogue {
  float push;
  double* squares;  // (n) sums over a row of g^2, without the pair

  float masked() const { return 0; }
  void fold(int /*thread*/, Range i, Range j, float* tile, int64_t stride) const {
    GRAMIAN_SIMD(contrastive_squares)(i.size, j.size, tile, stride, push, squares + i.begin);
  }
  // folds as well
  void weigh(int thread, Range i, Range j, float* tile, int64_t stride) const { fold(thread, i, j, tile, stride); }
};

}  // namespace
}  // namespace gramian

gramian_status gramian_spectral_contrastive(gramian_context* context, int64_t n, int64_t d, const float* za,
    const float* zb, float mu, double* loss, float* dza, float* dzb) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const ContrastiveRows a(context, n, d, d);
    const ContrastiveRows b(context, n, d, d);
    const CrossGram gram(context, a.u, b.u, n, d);
    const float limit = std::sqrt(mu);
    a.take(0, n, za, RowRule::cap, limit);
    b.take(0, n, zb, RowRule::cap, limit);
    gram.pack();
    const double count = static_cast<double>(n);
    const SquaresEpilogue epilogue{
        static_cast<float>(spectral_contrastive::push(count, mu)), context->scratch<double>(n)};
    std::fill_n(epilogue.squares, n, 0.0);
    double positives = 0;
    for (int64_t i = 0; i < n; ++i) positives += a.dot(i, b, i);
    if (dza == nullptr) {
      gram.forward(epilogue);
    } else {
      const CrossGram::Gradients g = gram.backward(epilogue);
      const int64_t stride = gram.gradient_stride();
      const float pull = static_cast<float>(spectral_contrastive::pull(count, mu));
      for_each_block(context->threads, Blocks(n, kRowBlock), [&](int, Range rows) {
        for (int64_t i = rows.begin; i < rows.begin + rows.size; ++i) {
          GRAMIAN_SIMD(contrastive_add)(d, -pull, b.u + i * d, g.dx + i * stride);
          GRAMIAN_SIMD(contrastive_add)(d, -pull, a.u + i * d, g.dy + i * stride);
          a.back(i, g.dx + i * stride, 1, 0, dza + i * d);
          b.back(i, g.dy + i * stride, 1, 0, dzb + i * d);
        }
      });
    }
    double squares = 0;
    for (int64_t i = 0; i < n; ++i) squares += epilogue.squares[i];
    *loss = spectral_contrastive::loss(positives, squares, count, mu);
  });
}
