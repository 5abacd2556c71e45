// Barlow Twins: epilogue/barlow_twins.h. With g = dL/dC_ii - slope c (a vector) and al = slope / n^2:
//   features   C = a^T b / n in strips,  da = b G^T / n,  db = a G / n                          6 n d^2 FLOP
//   samples    ||C||^2 = <K_a, K_b> / n^2,  da = al K_b a + b o g / n,  db = al K_a b + a o g / n   6 n^2 d FLOP
// and dA = rstd (da - mean(da) - a o mean(da o a)). The diagonal c is summed in float64 from the columns, not from the
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
    standardize_block(n, columns.size, a.z + j, d, eps, x_a, ld, a.mean + j, a.rstd + j);
    standardize_block(n, columns.size, b.z + j, d, eps, x_b, ld, b.mean + j, b.rstd + j);
    GRAMIAN_SIMD(columns_dot)(n, columns.size, x_a, ld, x_b, ld, c + j);
    for (int64_t k = j; k < j + columns.size; ++k) c[k] /= static_cast<double>(n);
  }
};

Columns columns_of_call(gramian_context* context, int64_t n, int64_t d, const float* a, const float* b, double eps,
    float* da, float* db) {
  double* statistics = context->scratch<double>(3 * d);
  float* rstd = context->scratch<float>(2 * d);
  return {n, d, eps, {a, statistics, rstd, da}, {b, statistics + d, rstd + d, db}, statistics + 2 * d};
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
  unstandardize_block(in.n, columns.size, p, ld, x, ld, view.rstd + columns.begin, view.dz + columns.begin, in.d);
}

double on_samples(gramian_context* context, const Columns& in, const BarlowTwinsEpilogue& epilogue) {
  const double n = static_cast<double>(in.n);
  SampleGram gram(context, in.n, in.d, 2);
  gram.accumulate([&](Range columns, float* const* x) { in.standardize(columns, x[0], x[1], gram.stride()); });
  double off_diagonal = gram.pair(0, 1) / (n * n);
  for (int64_t j = 0; j < in.d; ++j) off_diagonal -= in.c[j] * in.c[j];
  const double value = epilogue.value(misses(in, epilogue), off_diagonal);
  if (in.a.dz == nullptr) return value;

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
  return value;
}

// dz = rstd (dz - x o along) for the rows and columns of a block; the column means of dz vanish because x is centred.
void feature_finish(const View& view, Panel x, const float* zero, const float* along, int64_t d, Range rows,
    Range columns) {
  float* at = view.dz + rows.begin * d + columns.begin;
  GRAMIAN_SIMD(columns_unstandardize)
  (rows.size, columns.size, at, d, zero, x.data + rows.begin * x.ld + columns.begin, x.ld, along + columns.begin,
      view.rstd + columns.begin, at, d);
}

double on_features(gramian_context* context, const Columns& in, const BarlowTwinsEpilogue& epilogue) {
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
  // mean(da o a)_j = (1/n) sum_k C_jk G_jk
  const auto along = [&](const double* squares, float* out, Range columns) {
    for (int64_t j = columns.begin; j < columns.begin + columns.size; ++j) {
      const double c = in.c[j];
      const double sum = epilogue.slope() * squares[j] + c * epilogue.diagonal_gradient(c);
      out[j] = static_cast<float>(sum / static_cast<double>(in.n));
    }
  };
  FeatureGram gram(context, in.n, d);
  gram.pair(
      {x_a, ld}, {x_b, ld}, static_cast<float>(1.0 / static_cast<double>(in.n)), slope, diagonal, row_squares,
      column_squares, in.a.dz, in.b.dz, [&](Range strip) { along(row_squares, along_a, strip); },
      [&](Range rows, Range columns) { feature_finish(in.a, {x_a, ld}, zero, along_a, d, rows, columns); },
      [&](Range all) { along(column_squares, along_b, all); },
      [&](Range rows, Range columns) { feature_finish(in.b, {x_b, ld}, zero, along_b, d, rows, columns); });
  double off_diagonal = 0;
  for (int64_t j = 0; j < d; ++j) off_diagonal += row_squares[j];
  return epilogue.value(misses(in, epilogue), off_diagonal);
}

}  // namespace
}  // namespace gramian

gramian_status gramian_barlow_twins(gramian_context* context, int64_t n, int64_t d, const float* a, const float* b,
    float lambda, float eps, float scale, int32_t side, double* value, float* da, float* db) {
  return gramian::guarded([&] {
    context->begin();
    const gramian::BarlowTwinsEpilogue epilogue{lambda, scale};
    const gramian::Columns in = gramian::columns_of_call(context, n, d, a, b, eps, da, db);
    *value = side == GRAMIAN_GRAM_SAMPLES ? gramian::on_samples(context, in, epilogue)
                                          : gramian::on_features(context, in, epilogue);
  });
}
