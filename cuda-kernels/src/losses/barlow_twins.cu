// Barlow Twins on the device: gramian/epilogue/barlow_twins.h. With x_a, x_b the standardised columns, c the diagonal
// of C = x_a^T x_b / n (float64, from the columns), G = dL/dC and al = slope / n^2:
//   features   C by a product, da = x_b G^T / n, db = x_a G / n, G without its diagonal in the product     6 n d^2 FLOP
//   samples    ||C||^2 = <K_a, K_b> / n^2, da = al K_b x_a + x_b o g / n, K without its diagonal likewise  6 n^2 d FLOP
// The dual side: both Grams are one launch over their upper triangles, cut along d; one pass then reads the same tile
// of both, sums w K_a o K_b (w = 2 off the diagonal tiles) and writes both as operands of the backward products.
// Through the standardisation, mean_n(da o x_a)_j = (1/n) sum_k C_jk G_jk comes from the squares of the rows of C on
// the feature side, from columns of da on the sample side. Memory: the padded views twice, splits + 1 times the Grams.
#include "gramian/epilogue/barlow_twins.h"

#include "gram/merge_grams.h"
#include "gram/precisions.h"
#include "gramian/covariance.h"
#include "losses/columns.h"
#include "losses/gram_gradient.h"

namespace gramian {
namespace {

struct View {
  const float* z;
  float* dz;
  float* x;      // (n, width) standardised
  float* rstd;   // (d)
  float* ratio;  // (d), or null: columns.h
  float* along;  // (d): losses/gram_gradient.h; null on the sample side
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

// Sums of squares of C times n^2: partial ones, with the diagonal, on the sample side; of the rows and of the columns,
// without it, on the feature side.
struct Squares {
  const double* rows;
  int64_t count;
  const double* columns;  // null on the sample side
};

// One block: terms (2) of gramian_barlow_twins, and along of both views on the feature side.
__global__ void __launch_bounds__(kValueThreads) barlow_twins_terms(int64_t n, int64_t d, const double* __restrict__ c,
    Squares squares, BarlowTwinsEpilogue epilogue, const float* __restrict__ weight, View a, View b, double* terms) {
  tile::SharedMemory memory;
  const auto first = memory.take<double>(kValueThreads / 32);
  const auto second = memory.take<double>(kValueThreads / 32);
  const double count = static_cast<double>(n);
  const bool features = squares.columns != nullptr;
  double misses = 0;
  double off_diagonal = 0;
  for (int64_t i = threadIdx.x; i < squares.count; i += kValueThreads) off_diagonal += squares.rows[i];
  off_diagonal /= count * count;
  for (int64_t j = threadIdx.x; j < d; j += kValueThreads) {
    misses += epilogue.miss(c[j]);
    if (!features) {
      off_diagonal -= c[j] * c[j];
      continue;
    }
    // (1/n) (slope sum_{k != j} C_jk^2 + G_jj c_j)
    const double factor = epilogue.slope() / (count * count * count);
    const double diagonal = weight[j] * c[j];
    a.along[j] = static_cast<float>((factor * squares.rows[j] + diagonal) * (a.ratio == nullptr ? 1 : a.ratio[j]));
    b.along[j] = static_cast<float>((factor * squares.columns[j] + diagonal) * (b.ratio == nullptr ? 1 : b.ratio[j]));
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
  float* x = context->scratch<float>(2 * n * width);  // both views, standardised
  double* c = context->scratch<double>(d);
  float* weight = context->scratch<float>(d);

  void statistics(float eps, bool outside_root) {
    a.x = x;
    b.x = x + n * width;
    for (View* view : {&a, &b}) {
      view->rstd = context->scratch<float>(d);
      view->ratio = outside_root ? context->scratch<float>(d) : nullptr;
      view->along = samples ? nullptr : context->scratch<float>(d);
      columns::standardize(
          context, n, d, view->z, eps, width, view->x, context->scratch<float>(d), view->rstd, view->ratio);
    }
    launch(context->stream, columns::grid("barlow_twins_correlations", d), correlations, n, d, width, a.x, b.x,
        epilogue, samples, c, weight);
  }

  void value(const Squares& squares, double* to) const {
    launch(context->stream,
        {"barlow_twins_terms", 1, kValueThreads, 2 * tile::shared_bytes<double>(kValueThreads / 32)},
        barlow_twins_terms, n, d, c, squares, epilogue, weight, a, b, to);
  }

  void gradient(const View& view, const View& other, const Operand<Mode>& left, const Operand<Mode>& right,
      double coefficient, const float* diagonal) const {
    standardized_gradient(context, "barlow_twins_gradient", left, right,
        {n, d, width, static_cast<float>(coefficient), diagonal, view.x, other.x, weight, view.dz},
        {view.rstd, view.ratio, view.along});
  }

  void on_samples(double* to) const {
    const Operand<Mode> both = lay_out<Mode>(context, 2 * n, d, x, width);
    const Operand<Mode> rows = {both.rows, n, width};
    const Product grams = gram<Mode>(context, "barlow_twins_grams", rows, 2);
    const MergedGrams<Mode> merged = merge_grams<Mode>(context, grams, 2, true, true, a.dz != nullptr);
    value({merged.sums[0], merged.blocks, nullptr}, to);
    if (a.dz == nullptr) return;
    const double al = epilogue.slope() / (static_cast<double>(n) * static_cast<double>(n));
    const Operand<Mode> columns = lay_out_transposed<Mode>(context, n, d, x, width, 2);
    const Operand<Mode> columns_b = {columns.rows + d * columns.width, d, columns.width};
    gradient(a, b, merged.off_diagonal[1], columns, al, merged.diagonal[1]);
    gradient(b, a, merged.off_diagonal[0], columns_b, al, merged.diagonal[0]);
  }

  void on_features(double* to) const {
    const double by_n = 1 / static_cast<double>(n);
    const Operand<Mode> columns = lay_out_transposed<Mode>(context, n, d, x, width, 2);
    const Operand<Mode> columns_b = {columns.rows + d * columns.width, d, columns.width};
    const Product c_times_n = product<Mode>(context, "barlow_twins_cross", columns, columns_b);
    const MergedCross<Mode> merged =
        merge_cross<Mode>(context, c_times_n, static_cast<float>(epilogue.slope() * by_n), a.dz != nullptr);
    value({merged.row_squares, d, merged.column_squares}, to);
    if (a.dz == nullptr) return;
    gradient(a, b, lay_out<Mode>(context, n, d, b.x, width), merged.rows, by_n, nullptr);
    gradient(b, a, lay_out<Mode>(context, n, d, a.x, width), merged.columns, by_n, nullptr);
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
