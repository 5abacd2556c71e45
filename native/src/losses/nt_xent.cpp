// NT-Xent on the CPU: normalise, positives, negatives by the Gram loop, loss; then weights by the Gram loop, row
// gradients.
//
// M = 2n rows. FLOP: M^2 d forward, 3 M^2 d backward; M^2 / 2 exponentials each. Memory: u, two packed copies and du,
// (M,d) each, O(M) statistics, one tile of 156 KiB per thread: 17 MiB at M = 8192, d = 128.
#include "gramian/nt_xent.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/context.h"
#include "core/status.h"
#include "gram/self_gram.h"
#include "gramian/epilogue/nt_xent.h"
#include "losses/normalize.h"
#include "losses/nt_xent.h"

namespace gramian {
namespace {

constexpr float kNormEps = 1e-12f;  // as F.normalize of the authors' code
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Statistics {
  float scale;        // log2(e) / tau
  bool shifted;       // a shift per row, not the constant 1
  float* shift;       // (M) the largest of a row's similarities, when shifted
  double* negatives;  // (M) N_i
  float* inverse;     // (M) A_i
  float* miss;        // (M) N_i A_i
  float* columns;     // scratch of one block per thread
  int64_t block;
};

// Largest similarity of each row, over the negatives; the caller starts it at the positive.
struct MaxEpilogue {
  const Statistics& of;
  float masked() const { return -kInfinity; }
  void fold(int /*thread*/, Range i, Range j, const float* tile, int64_t stride) const {
    float* column_max = i.begin == j.begin ? nullptr : of.shift + j.begin;
    GRAMIAN_SIMD(nt_xent_max)(i.size, j.size, tile, stride, of.shift + i.begin, column_max);
  }
};

struct Epilogue {
  const Statistics& of;
  float masked() const { return -kInfinity; }
  void fold(int thread, Range i, Range j, const float* tile, int64_t stride) const {
    double* column_sum = i.begin == j.begin ? nullptr : of.negatives + j.begin;
    float* column = of.columns + thread * of.block;
    if (of.shifted) {
      GRAMIAN_SIMD(nt_xent_fold_shifted)(i.size, j.size, tile, stride, of.scale, of.shift + i.begin, of.shift + j.begin,
          column, of.negatives + i.begin, column_sum);
    } else {
      GRAMIAN_SIMD(nt_xent_fold)(
          i.size, j.size, tile, stride, of.scale, column, of.negatives + i.begin, column_sum);
    }
  }
  void weigh(int /*thread*/, Range i, Range j, float* tile, int64_t stride) const {
    if (of.shifted) {
      GRAMIAN_SIMD(nt_xent_weigh_shifted)(i.size, j.size, tile, stride, of.scale, of.shift + i.begin,
          of.inverse + i.begin, of.shift + j.begin, of.inverse + j.begin);
    } else {
      GRAMIAN_SIMD(nt_xent_weigh)(
          i.size, j.size, tile, stride, of.scale, of.inverse + i.begin, of.inverse + j.begin);
    }
  }
};

// One call: what its passes share.
struct NtXent {
  gramian_context* context;
  int64_t n;
  int64_t d;
  float temperature;
  float* u;          // (M,d) unit rows of both views
  float* norm;       // (M)
  double* positive;  // (n) <u_i, u_(i+n)>
  SelfGram gram;
  Statistics statistics;

  NtXent(gramian_context* context_, int64_t n_, int64_t d_, float temperature_)
      : context(context_), n(n_), d(d_), temperature(temperature_), u(context->scratch<float>(2 * n * d)),
        norm(context->scratch<float>(2 * n)), positive(context->scratch<double>(n)), gram(context, u, 2 * n, d),
        statistics(take(gram.block())) {}

  Statistics take(int64_t block) const {
    return {static_cast<float>(1.4426950408889634 / temperature), !(temperature >= nt_xent::kFixedShiftTemperature),
        context->scratch<float>(2 * n), context->scratch<double>(2 * n), context->scratch<float>(2 * n),
        context->scratch<float>(2 * n), context->scratch<float>(context->threads * block), block};
  }

  void normalize(const float* za, const float* zb) const {
    GRAMIAN_SIMD(normalize_rows)(context->threads, n, d, za, kNormEps, u, norm);
    GRAMIAN_SIMD(normalize_rows)(context->threads, n, d, zb, kNormEps, u + n * d, norm + n);
    gram.pack();
    for_each_block(context->threads, Blocks(n, 64), [&](int, Range rows) {
      for (int64_t i = rows.begin; i < rows.begin + rows.size; ++i) {
        positive[i] = GRAMIAN_SIMD(nt_xent_dot)(d, u + i * d, u + (n + i) * d);
      }
    });
  }

  double value() const {
    const Statistics& s = statistics;
    if (s.shifted) {
      for (int64_t i = 0; i < 2 * n; ++i) s.shift[i] = static_cast<float>(positive[i % n]);
      gram.forward(MaxEpilogue{s});
    } else {
      std::fill_n(s.shift, 2 * n, 1.0f);
    }
    std::fill_n(s.negatives, 2 * n, 0.0);
    gram.forward(Epilogue{s});
    double sum = 0;
    for (int64_t i = 0; i < 2 * n; ++i) {
      const nt_xent::Row row = nt_xent::row(s.negatives[i], (positive[i % n] - s.shift[i]) / temperature);
      s.inverse[i] = static_cast<float>(row.inverse);
      s.miss[i] = static_cast<float>(row.miss);
      sum += row.loss;
    }
    return n == 0 ? 0 : sum / static_cast<double>(2 * n);
  }

  void gradient(float weight, const float beta[2], float* const dz[2]) const {
    const float* wu = gram.backward(Epilogue{statistics});
    const int64_t stride = gram.gradient_stride();
    const float factor = static_cast<float>(weight / (2.0 * static_cast<double>(n) * temperature));
    for_each_block(context->threads, Blocks(2 * n, 64), [&](int, Range rows) {
      for (int64_t i = rows.begin; i < rows.begin + rows.size; ++i) {
        const int64_t view = i / n;
        const int64_t p = view == 0 ? i + n : i - n;
        const float miss = statistics.miss[i] + statistics.miss[p];
        GRAMIAN_SIMD(nt_xent_row_gradient)(d, wu + i * stride, u + i * d, u + p * d, factor, miss, norm[i], kNormEps,
            beta[view], dz[view] + (i - view * n) * d);
      }
    });
  }
};

}  // namespace
}  // namespace gramian

gramian_status gramian_nt_xent_value(gramian_context* context, int64_t n, int64_t d, const float* za, const float* zb,
    float temperature, double* loss) {
  return gramian::guarded([&] {
    context->begin();
    const gramian::NtXent call(context, n, d, temperature);
    call.normalize(za, zb);
    *loss = call.value();
  });
}

gramian_status gramian_nt_xent_value_and_gradient(gramian_context* context, int64_t n, int64_t d, const float* za,
    const float* zb, float temperature, float weight, float beta_a, float beta_b, double* loss, float* dza,
        float* dzb) {
  return gramian::guarded([&] {
    context->begin();
    const gramian::NtXent call(context, n, d, temperature);
    call.normalize(za, zb);
    *loss = call.value();
    const float beta[2] = {beta_a, beta_b};
    float* const dz[2] = {dza, dzb};
    call.gradient(weight, beta, dz);
  });
}
