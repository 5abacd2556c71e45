// Barlow Twins: epilogue/barlow_twins.h. With g = dL/dC_ii - slope c (a vector) and al = slope / n^2:
//   features   C = a^T b / n in strips,  da = b G^T / n,  db = a G / n                          6 n d^2 FLOP
//   samples    ||C||^2 = <K_a, K_b> / n^2,  da = al K_b a + b o g / n,  db = al K_a b + a o g / n   6 n^2 d FLOP
// and dA = rstd (da - mean(da) - a o mean(da o a) ratio),
// ratio 1 unless eps stands outside the root. The diagonal c is summed in float64 from the columns, not from the
// Gram.
#include "gramian/epilogue/barlow_twins.h"

#include "core/context.h"
#include "core/status.h"
#include "gram/feature_gram.h"
#include "gram/sample_gram.h"
#include "gramian/covariance.h"
#include "losses/standardize.h"

namespace gramian {
namespace {

struct View {
  const float* z;
  double* mean;
  float* rstd;
  float* ratio;  // null when eps is under the root: 1
  float* dz;
};

// One call: its inputs, and the statistics of its columns.
struct Columns {
  int64_t n, d;
  double eps;
  View a, b;
  double* c;  // diagonal of C

  // x_a, x_b = standardised columns; fills mean, rstd and c.
  void standardize(Range columns, float* x_a, float* x_b, int64_t ld) const {
    const int64_t j = columns.begin;
    standardize(a, columns, x_a, ld);
    standardize(b, columns, x_b, ld);
    GRAMIAN_SIMD(columns_dot)(n, columns.size, x_a, ld, x_b, ld, c + j);
    for (int64_t k = j; k < j + columns.size; ++k) c[k] /= static_cast<double>(n);
  }

 private:
  void standardize(const View& view, Range columns, float* x, int64_t ld) const {
    const int64_t j = columns.begin;
    if (view.ratio == nullptr) {
      standardize_block(n, columns.size, view.z + j, d, eps, x, ld, view.mean + j, view.rstd + j);
    } else {
      standardize_block_outside(
          n, columns.size, view.z + j, d, eps, x, ld, view.mean + j, view.rstd + j, view.ratio + j);
    }
  }
};

Columns columns_of_call(gramian_context* context, int64_t n, int64_t d, const float* a, const float* b, double eps,
    bool outside_root, float* da, float* db) {
  double* statistics = context->scratch<double>(3 * d);
  float* rstd = context->scratch<float>(4 * d);
  float* ratio = outside_root ? rstd + 2 * d : nullptr;
  return {n, d, eps, {a, statistics, rstd, ratio, da},
      {b, statistics + d, rstd + d, outside_root ? ratio + d : nullptr, db}, statistics + 2 * d};
}

double misses(const Columns& in, const BarlowTwinsEpilogue& epilogue) {
  double sum = 0;
  for (int64_t j = 0; j < in.d; ++j) sum += epilogue.miss(in.c[j]);
  return sum;
}

// One view's gradient for a block of columns on the sample side: p = K_other x.
void sample_gradient(const Columns& in, const View& view, Range columns, float coefficient, float* p, const float* x,
    const float* other, const float* weight, int64_t ld) {
  GRAMIAN_SIMD(columns_combine)
  (in.n, columns.size, coefficient, p, ld, other, ld, weight, 0, nullptr, nullptr, 0, p, ld);
  const float* ratio = view.ratio == nullptr ? nullptr : view.ratio + columns.begin;
  unstandardize_block(
      in.n, columns.size, p, ld, x, ld, view.rstd + columns.begin, ratio, view.dz + columns.begin, in.d);
}

void on_samples(gramian_context* context, const Columns& in, const BarlowTwinsEpilogue& epilogue, double* terms) {
  const double n = static_cast<double>(in.n);
  SampleGram gram(context, in.n, in.d, 2);
  gram.accumulate([&](Range columns, float* const* x) { in.standardize(columns, x[0], x[1], gram.stride()); });
  terms[0] = misses(in, epilogue);
  terms[1] = gram.pair(0, 1) / (n * n);
  for (int64_t j = 0; j < in.d; ++j) terms[1] -= in.c[j] * in.c[j];
  if (in.a.dz == nullptr) return;

  const Blocks blocks = gram.backward_blocks();
  const int64_t ld = padded(blocks.size());
  float* scratch = context->scratch<float>(context->threads * 3 * in.n * ld);
  const float coefficient = static_cast<float>(epilogue.slope() / (n * n));
  for_each_block(context->threads, blocks, [&](int thread, Range columns) {
    const int64_t j = columns.begin;
    float* x_a = scratch + thread * 3 * in.n * ld;
    float* x_b = x_a + in.n * ld;
    float* p = x_b + in.n * ld;
    float weight[kWidestBlock];
    for (int64_t k = 0; k < columns.size; ++k) {
      const double c = in.c[j + k];
      weight[k] = static_cast<float>((epilogue.diagonal_gradient(c) - epilogue.slope() * c) / n);
    }
    GRAMIAN_SIMD(columns_apply)(in.n, columns.size, in.a.z + j, in.d, in.a.mean + j, in.a.rstd + j, x_a, ld);
    GRAMIAN_SIMD(columns_apply)(in.n, columns.size, in.b.z + j, in.d, in.b.mean + j, in.b.rstd + j, x_b, ld);
    gram.times(1, columns.size, x_a, ld, p, ld);
    sample_gradient(in, in.a, columns, coefficient, p, x_a, x_b, weight, ld);
    gram.times(0, columns.size, x_b, ld, p, ld);
    sample_gradient(in, in.b, columns, coefficient, p, x_b, x_a, weight, ld);
  });
}

// dz = rstd (dz - x o along) for the rows and columns of a block; the column means of dz vanish because x is centred.
void feature_finish(const View& view, Panel x, const float* zero, const float* along, int64_t d, Range rows,
    Range columns) {
  float* at = view.dz + rows.begin * d + columns.begin;
  GRAMIAN_SIMD(columns_unstandardize)
  (rows.size, columns.size, at, d, zero, x.data + rows.begin * x.ld + columns.begin, x.ld, along + columns.begin,
      view.rstd + columns.begin, at, d);
}

void on_features(gramian_context* context, const Columns& in, const BarlowTwinsEpilogue& epilogue, double* terms) {
  const int64_t d = in.d;
  const int64_t ld = padded(d);
  float* x_a = context->scratch<float>(in.n * ld);
  float* x_b = context->scratch<float>(in.n * ld);
  for_each_block(context->threads, Blocks(d, kColumnBlock),
      [&](int, Range columns) { in.standardize(columns, x_a + columns.begin, x_b + columns.begin, ld); });

  float* diagonal = context->scratch<float>(4 * d);
  float* along_a = diagonal + d;
  float* along_b = along_a + d;
  float* zero = along_b + d;
  for (int64_t j = 0; j < d; ++j) {
    diagonal[j] = static_cast<float>(epilogue.diagonal_gradient(in.c[j]));
    zero[j] = 0;
  }
  double* row_squares = context->scratch<double>(d);
  double* column_squares = context->scratch<double>(d);
  const float slope = static_cast<float>(epilogue.slope());
  // ratio mean(da o a)_j = (ratio/n) sum_k C_jk G_jk
  const auto along = [&](const View& view, const double* squares, float* out, Range columns) {
    for (int64_t j = columns.begin; j < columns.begin + columns.size; ++j) {
      const double c = in.c[j];
      const double sum = epilogue.slope() * squares[j] + c * epilogue.diagonal_gradient(c);
      out[j] = static_cast<float>((view.ratio == nullptr ? 1 : view.ratio[j]) * sum / static_cast<double>(in.n));
    }
  };
  FeatureGram gram(context, in.n, d, in.a.dz != nullptr);
  gram.pair(
      {x_a, ld}, {x_b, ld}, static_cast<float>(1.0 / static_cast<double>(in.n)), slope, diagonal, row_squares,
      column_squares, in.a.dz, in.b.dz, [&](Range strip) { along(in.a, row_squares, along_a, strip); },
      [&](Range rows, Range columns) { feature_finish(in.a, {x_a, ld}, zero, along_a, d, rows, columns); },
      [&](Range all) { along(in.b, column_squares, along_b, all); },
      [&](Range rows, Range columns) { feature_finish(in.b, {x_b, ld}, zero, along_b, d, rows, columns); });
  terms[0] = misses(in, epilogue);
  terms[1] = 0;
  for (int64_t j = 0; j < d; ++j) terms[1] += row_squares[j];
}

}  // namespace
}  // namespace gramian

gramian_status gramian_barlow_twins(gramian_context* context, int64_t n, int64_t d, const float* a, const float* b,
    float lambda, float eps, int32_t outside_root, float scale, int32_t side, double* terms, float* da, float* db) {
  return gramian::guarded([&] {
    context->begin();
    const gramian::BarlowTwinsEpilogue epilogue{lambda, scale};
    const gramian::Columns in = gramian::columns_of_call(context, n, d, a, b, eps, outside_root != 0, da, db);
    if (side == GRAMIAN_GRAM_SAMPLES) {
      gramian::on_samples(context, in, epilogue, terms);
    } else {
      gramian::on_features(context, in, epilogue, terms);
    }
  });
}
