// NT-Xent on the device: normalise, positives, negatives by the Gram loop, loss; then weights by the Gram loop, row
// gradients. Formulas: gramian/epilogue/nt_xent.h.
//
// M = 2n rows. FLOP: 2 M^2 d forward, 4 M^2 d backward (for d <= 128). Memory: u and, in TF32 and bf16, its rounded
// copy; O(splits M) statistics; (splits, M, d) partial gradients, at most 5 splits at M = 8192 and 1 from 33792 on.
#include "gramian/nt_xent.h"

#include <limits>

#include "gram/weighted_rows.h"
#include "losses/normalize.h"
#include "losses/nt_xent_rows.h"

namespace gramian {
namespace {

constexpr float kNormEps = 1e-12f;  // as F.normalize of the authors' code

// Which entries of the Gram matrix are negatives: not the diagonal, not the positive pair.
struct Negatives {
  int n;
  __device__ __forceinline__ bool operator()(int i, int j) const { return j != i && j != (i < n ? i + n : i - n); }
};

// W_ij, and 0 where the pair is no negative.
template <bool kShifted>
struct Weight {
  Negatives negatives;
  float scale;
  const float* shift;
  const float* inverse;
  struct Row {
    float shift, inverse;
  };
  __device__ __forceinline__ Row row(int i) const { return {shift[i], inverse[i]}; }
  __device__ __forceinline__ float operator()(const Row& r, float s, int i, int j) const {
    if (!negatives(i, j)) return 0;
    const float e = exp2f(nt_xent::exponent(s, r.shift, scale));
    if (!kShifted) return nt_xent::weight(e, r.inverse, inverse[j]);
    return nt_xent::shifted_weight(e, r.inverse, exp2f(nt_xent::exponent(s, shift[j], scale)), inverse[j]);
  }
};

struct Gradients {
  float weight;
  float beta[2];
  float* dz[2];
};

unsigned row_blocks(int64_t rows, int64_t each) { return static_cast<unsigned>((rows + each - 1) / each); }

// One call: what its passes share.
template <typename Mode, bool kShifted>
struct NtXent {
  gramian_context* context;
  int64_t n;
  int64_t d;
  float temperature;
  int64_t width = padded_width(d);
  float scale = static_cast<float>(1.4426950408889634 / temperature);  // log2(e) / tau
  float* u = context->scratch<float>(2 * n * width);
  float* norm = context->scratch<float>(2 * n);
  Operand<Mode> rows = {};
  nt_xent::Statistics statistics = {};

  void lay_out_views(const float* za, const float* zb) {
    normalize_rows(context, n, d, za, kNormEps, width, u, norm);
    normalize_rows(context, n, d, zb, kNormEps, width, u + n * width, norm + n);
    rows = lay_out<Mode>(context, 2 * n, d, u, width);
  }

  void value(double* loss) {
    using Shape = TileShape<Mode, 4, 4, 2>;  // 128 x 128, a warp 64 x 32
    const int64_t m = 2 * n;
    const Splits splits = split_columns(row_blocks(m, Shape::kRows), m, Shape::kColumns);
    statistics = {context->scratch<double>(n), context->scratch<ExponentialSum>(splits.count * m),
        context->scratch<float>(m), context->scratch<float>(m), context->scratch<float>(m),
        context->scratch<double>(m)};
    const cudaStream_t stream = context->stream;
    launch(stream, {"nt_xent_positives", row_blocks(n, nt_xent::kRowThreads / 32), nt_xent::kRowThreads},
        nt_xent::positives, n, width, u, statistics.positive);
    const dim3 blocks(row_blocks(m, Shape::kRows), static_cast<unsigned>(splits.count));
    launch(stream, {"nt_xent_exponential_sums", blocks, kGramThreads, exponential_sums_bytes<Shape>()},
        exponential_sums<Shape, kShifted, Negatives>, rows, rows, Negatives{static_cast<int>(n)}, 1.0f, scale,
        splits.tiles, statistics.partial);
    launch(stream, {"nt_xent_row_statistics", row_blocks(m, nt_xent::kRowThreads), nt_xent::kRowThreads},
        nt_xent::row_statistics<kShifted>, n, splits.count, temperature, scale, statistics);
    launch(stream, {"mean_of", 1, nt_xent::kMeanThreads, tile::shared_bytes<double>(nt_xent::kMeanThreads / 32)},
        nt_xent::mean_of, m, statistics.loss, loss);
  }

  void gradient(const Gradients& to) {
    using Shape = WeighShape<Mode>;
    const int64_t m = 2 * n;
    const unsigned blocks = row_blocks(m, Shape::kRows);
    const unsigned slabs = row_blocks(width, kFeatures);
    const Splits splits = split_columns(static_cast<int64_t>(blocks) * slabs, m, Shape::kColumns);
    float* weighted = context->scratch<float>(splits.count * m * width);
    const Weight<kShifted> weight = {{static_cast<int>(n)}, scale, statistics.shift, statistics.inverse};
    launch(context->stream,
        {"nt_xent_weighted_rows", dim3(blocks, static_cast<unsigned>(splits.count), slabs), kGramThreads,
            weighted_rows_bytes<Mode>()},
        weighted_rows<Mode, Weight<kShifted>>, rows, rows, weight, splits.tiles, weighted);
    const float factor = static_cast<float>(to.weight / (static_cast<double>(m) * temperature));
    const nt_xent::RowGradient of = {n, d, width, splits.count, weighted, u, norm, statistics.miss, factor, kNormEps,
        {to.beta[0], to.beta[1]}, {to.dz[0], to.dz[1]}};
    launch(context->stream,
        {"nt_xent_row_gradient", row_blocks(m, nt_xent::kRowThreads / 32), nt_xent::kRowThreads}, nt_xent::row_gradient,
        of);
  }
};

template <typename Mode, bool kShifted>
void run(gramian_context* context, int64_t n, int64_t d, const float* za, const float* zb, float temperature,
    double* loss, const Gradients* gradients) {
  NtXent<Mode, kShifted> call = {context, n, d, temperature};
  call.lay_out_views(za, zb);
  call.value(loss);
  if (gradients != nullptr) call.gradient(*gradients);
}

gramian_status nt_xent_loss(gramian_context* context, int64_t n, int64_t d, const float* za, const float* zb,
    float temperature, double* loss, const Gradients* gradients) {
  return guarded([&] {
    if (n > std::numeric_limits<int>::max() / 2) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "too many rows");
    context->begin();
    const bool shifted = !(temperature >= nt_xent::kFixedShiftTemperature);
    switch (context->precision) {
      case GRAMIAN_PRECISION_TF32:
        return (shifted ? run<tile::Tf32, true> : run<tile::Tf32, false>)(
            context, n, d, za, zb, temperature, loss, gradients);
      case GRAMIAN_PRECISION_BFLOAT16:
        return (shifted ? run<tile::Bfloat16, true> : run<tile::Bfloat16, false>)(
            context, n, d, za, zb, temperature, loss, gradients);
      default:
        return (shifted ? run<tile::Float32, true> : run<tile::Float32, false>)(
            context, n, d, za, zb, temperature, loss, gradients);
    }
  });
}

}  // namespace
}  // namespace gramian

gramian_status gramian_nt_xent_value(gramian_context* context, int64_t n, int64_t d, const float* za, const float* zb,
    float temperature, double* loss) {
  return gramian::nt_xent_loss(context, n, d, za, zb, temperature, loss, nullptr);
}

gramian_status gramian_nt_xent_value_and_gradient(gramian_context* context, int64_t n, int64_t d, const float* za,
    const float* zb, float temperature, float weight, float beta_a, float beta_b, double* loss, float* dza,
    float* dzb) {
  const gramian::Gradients gradients = {weight, {beta_a, beta_b}, {dza, dzb}};
  return gramian::nt_xent_loss(context, n, d, za, zb, temperature, loss, &gradients);
}
