// The rows that a contrastive loss compares: u = scale z by a rule (contrastive.h), and their gradients on the way
// back.
#pragma once

#include "core/context.h"
#include "gram/rounds.h"
#include "losses/contrastive.h"

namespace gramian {

constexpr float kNormEps = 1e-12f;  // as F.normalize of the authors' code
constexpr int64_t kRowBlock = 64;   // rows of one task of the loops over rows

// count rows of length d. The caller's rows may be longer: stride elements apart, of which the first d count.
struct ContrastiveRows {
  gramian_context* context;
  int64_t count;
  int64_t d;
  int64_t stride;
  float* u;         // (count, d)
  RowScale* scale;  // (count)

  ContrastiveRows(gramian_context* context_, int64_t count_, int64_t d_, int64_t stride_)
      : context(context_), count(count_), d(d_), stride(stride_), u(context->scratch<float>(count * d)),
        scale(context->scratch<RowScale>(count)) {}

  // Fills rows [first, first + n) from z (n, stride).
  void take(int64_t first, int64_t n, const float* z, RowRule rule, float limit) const {
    for_each_block(context->threads, Blocks(n, kRowBlock), [&](int, Range rows) {
      for (int64_t i = rows.begin; i < rows.begin + rows.size; ++i) {
        const int64_t row = first + i;
        GRAMIAN_SIMD(contrastive_row)(d, z + i * stride, rule, limit, u + row * d, scale + row);
      }
    });
  }

  double dot(int64_t i, const ContrastiveRows& other, int64_t j) const {
    return GRAMIAN_SIMD(contrastive_dot)(d, u + i * d, other.u + j * d);
  }

  // dz (stride) = factor g, taken back through the rule, + beta dz; elements beyond d get beta dz. Returns u_row . g.
  double back(int64_t row, const float* g, float factor, float beta, float* dz) const {
    for (int64_t k = d; k < stride; ++k) dz[k] = beta == 0 ? 0.0f : beta * dz[k];
    return GRAMIAN_SIMD(contrastive_row_gradient)(d, g, u + row * d, scale[row], factor, beta, dz);
  }
};

}  // namespace gramian
