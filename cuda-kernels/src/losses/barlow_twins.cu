// Barlow Twins on the device: gramian/epilogue/barlow_twins.h. With x_a, x_b the standardised columns, c the diagonal
// of C = x_a^T x_b / n (float64, from the columns) and al = slope / n^2:
//   features   C by a product, da = x_b G^T / n, db = x_a G / n, G without its diagonal in the product     6 n d^2 FLOP
//   samples    ||C||^2 = <K_a, K_b> / n^2, da = al K_b x_a + x_b o g / n, K without its diagonal likewise  8 n^2 d FLOP
// Memory: the padded views twice, and splits + 1 times the Gram of the side.
#include "gramian/epilogue/barlow_twins.h"

#include "gram/merge.h"
#include "gram/precisions.h"
#include "gramian/covariance.h"
#include "losses/columns.h"
#include "losses/gram_gradient.h"

namespace gramian {
namespace {

struct View {
  const float* z;
  float* dz;
  float* x;     // (n, width) standardised
  float* mean;  // (d)
  float* rstd;  // (d)
  float* ratio;  // (d), or null: columns.h
};

// c_j = mean_n(x_a o x_b); weight_j: factor of the other view in du.
__global__ void __launch_bounds__(columns::kThreads) correlations(int64_t n, int64_t d, int64_t ld,
    const float* __restrict__ a, const float* __restrict__ b, BarlowTwinsEpilogue epilogue, bool samples,
    double* __restrict__ c, float* __restrict__ weight) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(columns::kThreads);
  const columns::Column column(d);
  const int64_t j = column.j;
  const double sum = columns::sum_down(
      column, n, scratch, [&](int64_t i) { return static_cast<double>(a[i * ld + j]) * b[i * ld + j]; });
  if (!column.inside || column.warp != 0) return;
  const double mean = sum / static_cast<double>(n);
  c[j] = mean;
  const double gradient = epilogue.diagonal_gradient(mean) - (samples ? epilogue.slope() * mean : 0);
  weight[j] = static_cast<float>(gradient / static_cast<double>(n));
}

constexpr int kValueThreads = 1024;

// One block: terms (2) of gramian_barlow_twins. squares (rows): of C times n^2, with the diagonal on the sample side.
__global__ void __launch_bounds__(kValueThreads) barlow_twins_terms(int64_t n, int64_t d, const double* __restrict__ c,
    int64_t rows, const double* __restrict__ squares, BarlowTwinsEpilogue epilogue, bool samples, double* terms) {
  tile::SharedMemory memory;
  const auto first = memory.take<double>(kValueThreads / 32);
  const auto second = memory.take<double>(kValueThreads / 32);
  double misses = 0;
  double off_diagonal = 0;
  for (int64_t i = threadIdx.x; i < rows; i += kValueThreads) off_diagonal += squares[i];
  off_diagonal /= static_cast<double>(n) * static_cast<double>(n);
  for (int64_t j = threadIdx.x; j < d; j += kValueThreads) {
    misses += epilogue.miss(c[j]);
    if (samples) off_diagonal -= c[j] * c[j];
  }
  misses = tile::block_sum(misses, first);
  off_diagonal = tile::block_sum(off_diagonal, second);
  if (threadIdx.x != 0) return;
  terms[0] = misses;
  terms[1] = off_diagonal;
}

template <typename Mode>
struct BarlowTwins {
  gramian_context* context;
  int64_t n, d;
  BarlowTwinsEpilogue epilogue;
  bool samples;
  View a, b;
  int64_t width = padded_width(d);
  double* c = context->scratch<double>(d);
  float* weight = context->scratch<float>(d);

  void statistics(float eps, bool outside_root) {
    for (View* view : {&a, &b}) {
      view->x = context->scratch<float>(n * width);
      view->mean = context->scratch<float>(d);
      view->rstd = context->scratch<float>(d);
      view->ratio = outside_root ? context->scratch<float>(d) : nullptr;
      columns::standardize(context, n, d, view->z, eps, width, view->x, view->mean, view->rstd, view->ratio);
    }
    launch(context->stream, columns::grid("barlow_twins_correlations", d), correlations, n, d, width, a.x, b.x,
        epilogue, samples, c, weight);
  }

  void value(int64_t rows, const double* squares, double* to) const {
    launch(context->stream,
        {"barlow_twins_terms", 1, kValueThreads, 2 * tile::shared_bytes<double>(kValueThreads / 32)},
        barlow_twins_terms, n, d, c, rows, squares, epilogue, samples, to);
  }

  void finish(const View& view, const View& other, const Product& p, float coefficient, const float* diagonal) const {
    finish_standardized(
        context, {n, d, width, p, coefficient, diagonal, view.x, other.x, weight}, view.rstd, view.ratio, view.dz);
  }

  void on_samples(double* to) const {
    const int64_t ld = padded_width(n);
    const Operand<Mode> rows_a = lay_out<Mode>(context, n, d, a.x, width);
    const Operand<Mode> rows_b = lay_out<Mode>(context, n, d, b.x, width);
    const Product gram_a = product<Mode>(context, "barlow_twins_gram", rows_a, rows_a);
    const Product gram_b = product<Mode>(context, "barlow_twins_gram", rows_b, rows_b);
    const Merge merged = {gram_a, gram_b, 1, true, context->scratch<float>(n * ld), context->scratch<float>(n * ld), ld,
        context->scratch<float>(n), context->scratch<float>(n), context->scratch<double>(n)};
    merge(context, merged);
    value(n, merged.sums, to);
    if (a.dz == nullptr) return;
    const float coefficient = static_cast<float>(epilogue.slope() / (static_cast<double>(n) * static_cast<double>(n)));
    const Operand<Mode> k_a = lay_out<Mode>(context, n, n, merged.first, ld);
    const Operand<Mode> k_b = lay_out<Mode>(context, n, n, merged.second, ld);
    const Operand<Mode> columns_a = lay_out_transposed<Mode>(context, n, d, a.x, width);
    const Operand<Mode> columns_b = lay_out_transposed<Mode>(context, n, d, b.x, width);
    finish(a, b, product<Mode>(context, "barlow_twins_gradient", k_b, columns_a), coefficient, merged.second_diagonal);
    finish(b, a, product<Mode>(context, "barlow_twins_gradient", k_a, columns_b), coefficient, merged.first_diagonal);
  }

  void on_features(double* to) const {
    const int64_t ld = width;
    const Operand<Mode> columns_a = lay_out_transposed<Mode>(context, n, d, a.x, width);
    const Operand<Mode> columns_b = lay_out_transposed<Mode>(context, n, d, b.x, width);
    const Product c_times_n = product<Mode>(context, "barlow_twins_gram", columns_a, columns_b);
    const float slope = static_cast<float>(epilogue.slope() / static_cast<double>(n));
    const Merge merged = {c_times_n, c_times_n, slope, false, context->scratch<float>(d * ld), nullptr, ld, nullptr,
        nullptr, context->scratch<double>(d)};
    merge(context, merged);
    value(d, merged.sums, to);
    if (a.dz == nullptr) return;
    const float coefficient = static_cast<float>(1.0 / static_cast<double>(n));
    finish(a, b,
        product<Mode>(context, "barlow_twins_gradient", lay_out<Mode>(context, n, d, b.x, width),
            lay_out<Mode>(context, d, d, merged.first, ld)),
        coefficient, nullptr);
    finish(b, a,
        product<Mode>(context, "barlow_twins_gradient", lay_out<Mode>(context, n, d, a.x, width),
            lay_out_transposed<Mode>(context, d, d, merged.first, ld)),
        coefficient, nullptr);
  }
};

}  // namespace
}  // namespace gramian

gramian_status gramian_barlow_twins(gramian_context* context, int64_t n, int64_t d, const float* a, const float* b,
    float lambda, float eps, int32_t outside_root, float scale, int32_t side, double* terms, float* da, float* db) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    with_precision(context, [&](auto mode) {
      BarlowTwins<decltype(mode)> call = {
          context, n, d, {lambda, scale}, side == GRAMIAN_GRAM_SAMPLES, {a, da, {}, {}, {}, {}},
          {b, db, {}, {}, {}, {}}};
      call.statistics(eps, outside_root != 0);
      if (call.samples) {
        call.on_samples(terms);
      } else {
        call.on_features(terms);
      }
    });
  });
}
