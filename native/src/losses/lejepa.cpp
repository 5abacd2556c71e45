// LeJEPA (Balestriero and LeCun 2025, arXiv 2511.08544): SIGReg (epilogue/sig_reg.h) of the projections x = z a, and
// the invariance of views to their centre; formulas in predictive.h. dz = dx a^T.
// 2 n d m FLOP a view for the projections, as much for dz, about 200 n m for 17 knots. Scratch: n m floats.
#include "core/context.h"
#include "core/status.h"
#include "gram/columns.h"
#include "gram/rounds.h"
#include "gramian/epilogue/sig_reg.h"
#include "gramian/predictive.h"
#include "losses/predictive_rows.h"

namespace gramian {
namespace {

constexpr int64_t kRows = 128;       // rows of one product with the directions
constexpr int64_t kElements = 4096;  // elements of one partial sum of the invariance

struct SigReg {
  gramian_context* context;
  int64_t n, d, m;
  const float* directions;
  SigRegEpilogue epilogue;
  float* x;            // (n, m), rows ld apart: projections, then their gradient
  int64_t ld;
  double* sums;        // (threads, 2, knots, kDirections)
  double* statistics;  // (m)
};

// Statistic of the directions of a block; turns the sums into the factors of cos and sin in the gradient.
void statistics_of(const SigReg& op, Range block, double* cosines, double* sines) {
  for (int64_t j = 0; j < block.size; ++j) op.statistics[block.begin + j] = 0;
  for (int64_t k = 0; k < op.epilogue.knots; ++k) {
    const SigRegKnot knot = op.epilogue.knot(k);
    for (int64_t j = 0; j < block.size; ++j) {
      const int64_t at = k * block.size + j;
      op.statistics[block.begin + j] += knot.fold(cosines + at, sines + at);
    }
  }
}

// The sum over directions for one view z (n,d); dz (n,d) receives weight times its part of the gradient, unless null.
double sig_reg(const SigReg& op, const float* z, float* dz) {
  for_each_block(op.context->threads, Blocks(op.m, kDirections), [&](int thread, Range block) {
    const int64_t knots = op.epilogue.knots;
    double* cosines = op.sums + thread * 2 * knots * kDirections;
    double* sines = cosines + knots * kDirections;
    float* x = op.x + block.begin;
    gemm(false, false, op.n, block.size, op.d, 1, z, op.d, op.directions + block.begin, op.m, 0, x, op.ld);
    GRAMIAN_SIMD(characteristic_sums)(op.n, block.size, knots, op.epilogue.h, x, op.ld, cosines, sines);
    statistics_of(op, block, cosines, sines);
    if (dz == nullptr) return;
    GRAMIAN_SIMD(characteristic_gradient)(op.n, block.size, knots, op.epilogue.h, cosines, sines, x, op.ld);
  });
  if (dz != nullptr) {
    for_each_block(op.context->threads, Blocks(op.n, kRows), [&](int, Range r) {
      gemm(false, true, r.size, op.d, op.m, 1, op.x + r.begin * op.ld, op.ld, op.directions, op.m, 0,
          dz + r.begin * op.d, op.d);
    });
  }
  double sum = 0;
  for (int64_t j = 0; j < op.m; ++j) sum += op.statistics[j];
  return sum;
}

}  // namespace
}  // namespace gramian

gramian_status gramian_lejepa(gramian_context* context, int64_t views, int64_t globals, int64_t n, int64_t d,
    const gramian_input* z, int64_t m, const float* directions, int32_t knots, float t_max, float lambda,
    double* terms, const gramian_output* gradients) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const int64_t ld = padded(m);
    const SigRegEpilogue epilogue{n, views, m, knots, static_cast<double>(t_max) / (knots - 1), lambda};
    const SigReg op{context, n, d, m, directions, epilogue, context->scratch<float>(n * ld), ld,
        context->scratch<double>(context->threads * 2 * knots * kDirections),
        context->scratch<double>(m)};
    terms[0] = 0;
    for (int64_t v = 0; v < views; ++v) terms[0] += sig_reg(op, z[v], gradients == nullptr ? nullptr : gradients[v]);
    terms[0] /= static_cast<double>(views * m);
    const Blocks blocks(n * d, kElements);
    double* sums = context->scratch<double>(blocks.count());
    const double elements = static_cast<double>(views * n * d);
    const double factor = 2 * (1 - static_cast<double>(lambda)) / elements;
    for_each_block(context->threads, blocks, [&](int, Range e) {
      sums[e.begin / kElements] =
          GRAMIAN_SIMD(center_distance)(views, globals, e.begin, e.begin + e.size, z, factor, gradients);
    });
    terms[1] = 0;
    for (int64_t block = 0; block < blocks.count(); ++block) terms[1] += sums[block];
    terms[1] /= elements;
  });
}
