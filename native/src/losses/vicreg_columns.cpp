#include "losses/vicreg_columns.h"

#include "losses/standardize.h"

namespace gramian {
namespace vicreg {

void Columns::center(const View& view, Range columns, float* x, int64_t ld) const {
  const int64_t j = columns.begin;
  for (int64_t k = j; k < j + columns.size; ++k) view.mean[k] /= static_cast<double>(n);
  GRAMIAN_SIMD(columns_center)(n, columns.size, view.mean + j, x, ld, view.var + j);
  for (int64_t k = j; k < j + columns.size; ++k) view.var[k] /= static_cast<double>(n - 1);
}

Columns columns_of_call(
    gramian_context* context, int64_t n, int64_t d, const float* x, const float* y, float* dx, float* dy) {
  double* statistics = context->scratch<double>(5 * d);
  float* weights = context->scratch<float>(3 * d);
  for (int64_t j = 0; j < d; ++j) weights[2 * d + j] = 1;
  const View view_x{x, y, dx, statistics, statistics + d, weights};
  const View view_y{y, x, dy, statistics + 2 * d, statistics + 3 * d, weights + d};
  return {n, d, {view_x, view_y}, statistics + 4 * d, weights + 2 * d};
}

int64_t center_panels(gramian_context* context, const Columns& in, float* const* panel, int64_t ld) {
  const Blocks blocks(in.d, kColumnBlock);
  for_each_block(context->threads, blocks, [&](int, Range columns) {
    const int64_t j = columns.begin;
    for (int view = 0; view < 2; ++view) {
      GRAMIAN_SIMD(columns_load)
      (in.n, columns.size, in.views[view].z + j, in.d, panel[view] + j, ld, in.views[view].mean + j);
    }
    in.distances[j / kColumnBlock] =
        GRAMIAN_SIMD(columns_distance)(in.n, columns.size, panel[0] + j, ld, panel[1] + j, ld);
    for (int view = 0; view < 2; ++view) in.center(in.views[view], columns, panel[view] + j, ld);
  });
  return blocks.count();
}

void column_terms(const Columns& in, const VicRegEpilogue& epilogue, int64_t blocks, double excess, double* terms) {
  terms[0] = 0;
  terms[1] = 0;
  for (int64_t k = 0; k < blocks; ++k) terms[0] += in.distances[k];
  terms[0] /= static_cast<double>(in.n) * static_cast<double>(in.d);
  for (const View& view : in.views) {
    for (int64_t j = 0; j < in.d; ++j) {
      const double deviation = epilogue.deviation(view.var[j]);
      terms[1] += epilogue.miss(deviation);
      view.weight[j] = static_cast<float>(epilogue.push(deviation) - epilogue.decorrelate() * excess * view.var[j]);
    }
  }
  terms[1] *= epilogue.hinge / static_cast<double>(in.d);
}

}  // namespace vicreg
}  // namespace gramian
