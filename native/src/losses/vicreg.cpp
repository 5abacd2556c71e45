// VICReg: epilogue/vicreg.h. Per view, with zc the centred columns and v their variance:
//   features   sum_{i != j} Cov_ij^2 from strips of zc^T zc,          dz += zc offdiag(zc^T zc)      3 n d^2 FLOP
//   samples    ||K||^2 / (n-1)^2 - sum_j v_j^2 with K = zc zc^T,      dz += K zc - (n-1) zc o v      3 n^2 d FLOP
// Column means of every gradient but the pull vanish, and the pull is not centred: no mean pass.
#include "gramian/epilogue/vicreg.h"

#include "core/context.h"
#include "core/status.h"
#include "gram/feature_gram.h"
#include "gram/sample_gram.h"
#include "gramian/covariance.h"
#include "losses/vicreg_columns.h"

namespace gramian {
namespace {

using vicreg::Columns;
using vicreg::View;

void on_samples(gramian_context* context, const Columns& in, const VicRegEpilogue& epilogue, double* terms) {
  const double degrees = static_cast<double>(in.n - 1);
  SampleGram gram(context, in.n, in.d, 2);
  const int64_t ld = gram.stride();
  gram.accumulate([&](Range columns, float* const* x) {
    const int64_t j = columns.begin;
    for (int view = 0; view < 2; ++view) {
      GRAMIAN_SIMD(columns_load)
      (in.n, columns.size, in.views[view].z + j, in.d, x[view], ld, in.views[view].mean + j);
    }
    in.distances[j / gram.slab()] = GRAMIAN_SIMD(columns_distance)(in.n, columns.size, x[0], ld, x[1], ld);
    for (int view = 0; view < 2; ++view) in.center(in.views[view], columns, x[view], ld);
  });
  vicreg::column_terms(in, epilogue, Blocks(in.d, gram.slab()).count(), degrees, terms);
  terms[2] = 0;
  for (int view = 0; view < 2; ++view) {
    double squares = gram.pair(view, view) / (degrees * degrees);
    for (int64_t j = 0; j < in.d; ++j) squares -= in.views[view].var[j] * in.views[view].var[j];
    terms[2] += squares / static_cast<double>(in.d);
  }
  if (in.views[0].dz == nullptr) return;

  const Blocks blocks = gram.backward_blocks();
  const int64_t ldb = padded(blocks.size());
  float* scratch = context->scratch<float>(context->threads * 2 * in.n * ldb);
  for_each_block(context->threads, blocks, [&](int thread, Range columns) {
    const int64_t j = columns.begin;
    float* x = scratch + thread * 2 * in.n * ldb;
    float* p = x + in.n * ldb;
    for (int view = 0; view < 2; ++view) {
      const View& v = in.views[view];
      GRAMIAN_SIMD(columns_apply)(in.n, columns.size, v.z + j, in.d, v.mean + j, in.one + j, x, ldb);
      gram.times(view, columns.size, x, ldb, p, ldb);
      GRAMIAN_SIMD(columns_combine)
      (in.n, columns.size, static_cast<float>(epilogue.decorrelate()), p, ldb, x, ldb, v.weight + j,
          static_cast<float>(epilogue.pull()), v.z + j, v.other + j, in.d, v.dz + j, in.d);
    }
  });
}

void on_features(gramian_context* context, const Columns& in, const VicRegEpilogue& epilogue, double* terms) {
  const int64_t d = in.d;
  const int64_t ld = padded(d);
  float* panel[2] = {context->scratch<float>(in.n * ld), context->scratch<float>(in.n * ld)};
  const int64_t blocks = vicreg::center_panels(context, in, panel, ld);
  vicreg::column_terms(in, epilogue, blocks, 0, terms);
  const double degrees = static_cast<double>(in.n - 1);
  FeatureGram gram(context, in.n, d, in.views[0].dz != nullptr, 2);
  const Panel panels[2] = {{panel[0], ld}, {panel[1], ld}};
  float* const gradients[2] = {in.views[0].dz, in.views[1].dz};
  double squares[2];
  gram.self(panels, static_cast<float>(epilogue.decorrelate()), gradients, squares, [&](int64_t view, Range rows) {
    const View& v = in.views[view];
    const int64_t at = rows.begin * d;
    GRAMIAN_SIMD(columns_combine)
    (rows.size, d, 1, v.dz + at, d, panel[view] + rows.begin * ld, ld, v.weight, static_cast<float>(epilogue.pull()),
        v.z + at, v.other + at, d, v.dz + at, d);
  });
  terms[2] = (squares[0] + squares[1]) / (degrees * degrees * static_cast<double>(d));
}

}  // namespace
}  // namespace gramian

gramian_status gramian_vicreg(gramian_context* context, int64_t n, int64_t d, const float* x, const float* y,
    float invariance, float variance, float covariance, float eps, float gamma, float hinge, int32_t side,
    double* terms, float* dx, float* dy) {
  return gramian::guarded([&] {
    context->begin();
    const gramian::VicRegEpilogue epilogue{n, d, invariance, variance, covariance, eps, gamma, hinge};
    const gramian::vicreg::Columns in = gramian::vicreg::columns_of_call(context, n, d, x, y, dx, dy);
    if (side == GRAMIAN_GRAM_SAMPLES) {
      gramian::on_samples(context, in, epilogue, terms);
    } else {
      gramian::on_features(context, in, epilogue, terms);
    }
  });
}
