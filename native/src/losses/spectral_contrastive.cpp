// Spectral contrastive loss. Formula of both sides: gramian/epilogue/spectral_contrastive.h.
//   samples    loops of gram/cross_gram.h. An entry's derivative needs no statistic of its row, so that value and
//              gradient take one pass: 6 n^2 d FLOP, 2 n^2 d without a gradient.
//   features   two d x d Grams of the cut rows and two products with them: 2 n d^2 + 4 n d^2 FLOP, 2 d^2 floats kept
//              (and up to three partial copies of small ones).
#include "gramian/epilogue/spectral_contrastive.h"

#include <cmath>

#include "core/status.h"
#include "gram/cross_gram.h"
#include "gram/sample_gram.h"
#include "gramian/contrastive.h"
#include "gramian/covariance.h"
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

// One call: its cut rows, and g_ii.
struct SpectralCall {
  gramian_context* context;
  int64_t n, d;
  float mu;
  ContrastiveRows a, b;
  double* pairs;  // (n)

  SpectralCall(gramian_context* context_, int64_t n_, int64_t d_, const float* za, const float* zb, float mu_)
      : context(context_), n(n_), d(d_), mu(mu_), a(context, n, d, d), b(context, n, d, d),
        pairs(context->scratch<double>(n)) {
    a.take(0, n, za, RowRule::cap, std::sqrt(mu));
    b.take(0, n, zb, RowRule::cap, std::sqrt(mu));
    for (int64_t i = 0; i < n; ++i) pairs[i] = a.dot(i, b, i);
  }

  float push() const { return static_cast<float>(spectral_contrastive::push(static_cast<double>(n), mu)); }
  float pull() const { return static_cast<float>(spectral_contrastive::pull(static_cast<double>(n), mu)); }

  double loss(double squares) const {
    double positives = 0;
    for (int64_t i = 0; i < n; ++i) positives += pairs[i];
    return spectral_contrastive::loss(positives, squares, static_cast<double>(n), mu);
  }
};

double on_samples(const SpectralCall& in, float* dza, float* dzb) {
  const CrossGram gram(in.context, in.a.u, in.b.u, in.n, in.d);
  gram.pack();
  const SquaresEpilogue epilogue{in.push(), in.context->scratch<double>(in.n)};
  std::fill_n(epilogue.squares, in.n, 0.0);
  if (dza == nullptr) {
    gram.forward(epilogue);
  } else {
    const CrossGram::Gradients g = gram.backward(epilogue);
    const int64_t stride = gram.gradient_stride();
    for_each_block(in.context->threads, Blocks(in.n, kRowBlock), [&](int, Range rows) {
      for (int64_t i = rows.begin; i < rows.begin + rows.size; ++i) {
        GRAMIAN_SIMD(contrastive_add)(in.d, -in.pull(), in.b.u + i * in.d, g.dx + i * stride);
        GRAMIAN_SIMD(contrastive_add)(in.d, -in.pull(), in.a.u + i * in.d, g.dy + i * stride);
        in.a.back(i, g.dx + i * stride, 1, 0, dza + i * in.d);
        in.b.back(i, g.dy + i * stride, 1, 0, dzb + i * in.d);
      }
    });
  }
  double squares = 0;
  for (int64_t i = 0; i < in.n; ++i) squares += epilogue.squares[i];
  return in.loss(squares);
}

// Rows of one view: dz = push ( u F_other - (g_ii + pull / push) partner ), taken back through the cap.
void feature_gradient(const SpectralCall& in, const SampleGram& gram, int other, const ContrastiveRows& of,
    const ContrastiveRows& partner, Range rows, float* g, float* dz) {
  gram.times_right(other, rows.size, of.u + rows.begin * in.d, in.d, g, in.d);
  const double balance = spectral_contrastive::pull(static_cast<double>(in.n), in.mu) /
                         spectral_contrastive::push(static_cast<double>(in.n), in.mu);
  for (int64_t k = 0; k < rows.size; ++k) {
    const int64_t i = rows.begin + k;
    const float towards = static_cast<float>(in.pairs[i] + balance);
    GRAMIAN_SIMD(contrastive_add)(in.d, -towards, partner.u + i * in.d, g + k * in.d);
    of.back(i, g + k * in.d, in.push(), 0, dz + i * in.d);
  }
}

double on_features(const SpectralCall& in, float* dza, float* dzb) {
  // of the transposed views: F = X X^T with X = A^T (d,n), whose columns are rows of A
  SampleGram gram(in.context, in.d, in.n, 2);
  gram.accumulate([&](Range rows, float* const* x) {
    for (int view = 0; view < 2; ++view) {
      const float* u = (view == 0 ? in.a : in.b).u + rows.begin * in.d;
      for (int64_t k = 0; k < in.d; ++k) {
        for (int64_t i = 0; i < rows.size; ++i) x[view][k * gram.stride() + i] = u[i * in.d + k];
      }
    }
  });
  double squares = gram.pair(0, 1);
  for (int64_t i = 0; i < in.n; ++i) squares -= in.pairs[i] * in.pairs[i];
  if (dza == nullptr) return in.loss(squares);
  constexpr int64_t kRows = 256;  // of a task: each packs F anew
  float* scratch = in.context->scratch<float>(in.context->threads * kRows * in.d);
  for_each_block(in.context->threads, Blocks(in.n, kRows), [&](int thread, Range rows) {
    float* g = scratch + thread * kRows * in.d;
    feature_gradient(in, gram, 1, in.a, in.b, rows, g, dza);
    feature_gradient(in, gram, 0, in.b, in.a, rows, g, dzb);
  });
  return in.loss(squares);
}

}  // namespace
}  // namespace gramian

gramian_status gramian_spectral_contrastive(gramian_context* context, int64_t n, int64_t d, const float* za,
    const float* zb, float mu, int32_t side, double* loss, float* dza, float* dzb) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const SpectralCall call(context, n, d, za, zb, mu);
    *loss = side == GRAMIAN_GRAM_SAMPLES ? on_samples(call, dza, dzb) : on_features(call, dza, dzb);
  });
}
