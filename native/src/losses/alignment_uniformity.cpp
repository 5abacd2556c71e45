// Alignment and uniformity: epilogue/alignment_uniformity.h. The pairs of a view are the feature Gram of its transposed
// unit rows, so that |u_i - u_j|^2 = q_i + q_j - 2 g_ij meets the fold of gram/feature_fold.h: n^2 d FLOP a view,
// 3 n^2 d with the gradient; never n x n.
#include <limits>

#include "core/context.h"
#include "core/status.h"
#include "gram/exponentials.h"
#include "gram/feature_fold.h"
#include "gramian/epilogue/alignment_uniformity.h"
#include "gramian/predictive.h"
#include "linalg/transpose.h"
#include "losses/normalize.h"
#include "losses/predictive_rows.h"

namespace gramian {
namespace {

constexpr float kClamp = 1e-12f;  // torch.nn.functional.normalize
constexpr int64_t kRows = 32;     // rows of one partial sum

// One view: unit rows u and their gradient.
struct View {
  float* u;       // (n,d)
  float* norm;    // (n)
  float* shift;   // (n): t log2(e) q
  float* du;      // (n,d), or null
};

View unit_rows(gramian_context* context, int64_t n, int64_t d, const float* z, double t, bool gradient) {
  const View view{context->scratch<float>(n * d), context->scratch<float>(n), context->scratch<float>(n),
      gradient ? context->scratch<float>(n * d) : nullptr};
  GRAMIAN_SIMD(normalize_rows)(context->threads, n, d, z, kClamp, view.u, view.norm);
  for (int64_t i = 0; i < n; ++i) view.shift[i] = uniformity::shift(t, view.norm[i], kClamp);
  return view;
}

// log mean_{i<j} exp(-t |u_i - u_j|^2); weight times its gradient replaces view.du.
double uniformity_of(gramian_context* context, int64_t n, int64_t d, const View& view, double t, double weight) {
  const float scale = uniformity::scale(t);
  float* transposed = context->scratch<float>(n * d);
  transpose(context->threads, n, d, view.u, transposed);
  FeatureFold gram(context, d, n, 1, -std::numeric_limits<float>::infinity(), view.du != nullptr);
  const int64_t tiles = gram.tiles();
  double* sums = context->scratch<double>(tiles * tiles);
  gram.forward({transposed, n}, [&](const GramTile& tile) {
    sums[tile.i.begin / gram.tile() * tiles + tile.j.begin / gram.tile()] = GRAMIAN_SIMD(fold_gaussians)(
        tile.i.size, tile.j.size, scale, view.shift + tile.i.begin, view.shift + tile.j.begin, tile.data, tile.ld);
  });
  double sum = 0;  // over i < j
  for (int64_t i = 0; i < tiles; ++i) {
    for (int64_t j = i; j < tiles; ++j) sum += (i == j ? 0.5 : 1) * sums[i * tiles + j];
  }
  if (view.du != nullptr) {
    float* gradient = context->scratch<float>(n * d);
    const float slope = static_cast<float>(uniformity::slope(weight, t, sum));
    const auto weigh = [&](const GramTile& tile) {
      GRAMIAN_SIMD(weigh_gaussians)
      (tile.i.size, tile.j.size, scale, slope, view.shift + tile.i.begin, view.shift + tile.j.begin, tile.data,
          tile.ld);
    };
    gram.backward({transposed, n}, weigh, gradient, [](Range) {});
    transpose(context->threads, d, n, gradient, view.du);
  }
  return uniformity::value(sum, n);
}

void through_the_norm(gramian_context* context, int64_t n, int64_t d, const View& view, float* dz) {
  GRAMIAN_SIMD(normalize_rows_backward)(context->threads, n, d, view.u, view.norm, view.du, kClamp, dz);
  for (int64_t i = 0; i < n; ++i) {
    if (!(view.norm[i] <= kClamp)) continue;
    for (int64_t k = 0; k < d; ++k) dz[i * d + k] = 0;
  }
}

}  // namespace
}  // namespace gramian

gramian_status gramian_alignment_uniformity(gramian_context* context, int64_t n, int64_t d, const float* x,
    const float* y, float weight, float t, float alpha, double* terms, float* dx, float* dy) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const bool gradient = dx != nullptr;
    const View views[2] = {unit_rows(context, n, d, x, t, gradient), unit_rows(context, n, d, y, t, gradient)};
    terms[1] = 0;
    for (const View& view : views) terms[1] += 0.5 * uniformity_of(context, n, d, view, t, 0.5 * weight);
    const Blocks blocks(n, kRows);
    double* sums = context->scratch<double>(blocks.count());
    for_each_block(context->threads, blocks, [&](int, Range rows) {
      sums[rows.begin / kRows] = GRAMIAN_SIMD(alignment_rows)(
          n, rows.begin, rows.begin + rows.size, d, views[0].u, views[1].u, alpha, views[0].du, views[1].du);
    });
    terms[0] = 0;
    for (int64_t block = 0; block < blocks.count(); ++block) terms[0] += sums[block];
    terms[0] /= static_cast<double>(n);
    if (!gradient) return;
    through_the_norm(context, n, d, views[0], dx);
    through_the_norm(context, n, d, views[1], dy);
  });
}
