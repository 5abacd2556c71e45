// VICReg on the device: gramian/epilogue/vicreg.h. Per view, with zc the centred columns, v their variance (float64):
//   features   sum_{i != j} F_ij^2 with F = zc^T zc,             dz += zc offdiag(F)                  4 n d^2 FLOP
//   samples    ||K||^2 / (n-1)^2 - sum_j v_j^2 with K = zc zc^T, dz += K zc - (n-1) zc o v            4 n^2 d FLOP
// K goes into the product without its diagonal, which is added in float32. Memory: the padded views twice, and
// splits + 1 times the Gram of the side.
#include "gramian/epilogue/vicreg.h"

#include "gram/merge.h"
#include "gram/precisions.h"
#include "gramian/covariance.h"
#include "losses/columns.h"
#include "losses/gram_gradient.h"

namespace gramian {
namespace {

struct View {
  const float* z;
  const float* other;
  float* dz;
  float* x;          // (n, width) centred
  double* variance;  // (d)
  double* squares;   // sums of squared Gram entries, by rows
  float* weight;     // (d) factor of x in dz
};

// distance_j = sum_n (x - y)^2.
__global__ void __launch_bounds__(columns::kThreads) distances(
    int64_t n, int64_t d, const float* __restrict__ x, const float* __restrict__ y, double* __restrict__ distance) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(columns::kThreads);
  const columns::Column c(d);
  const double sum = columns::sum_down(c, n, scratch,
      [&](int64_t i) { return columns::squared(static_cast<double>(x[i * d + c.j]) - y[i * d + c.j]); });
  if (c.inside && c.warp == 0) distance[c.j] = sum;
}

constexpr int kThreads = 1024;

// One block: terms (3) without their weights, and the factors of x in the gradients. squares of each view (rows).
__global__ void __launch_bounds__(kThreads) vicreg_terms(VicRegEpilogue epilogue, const double* __restrict__ distance,
    View first, View second, int64_t rows, bool samples, double* terms) {
  tile::SharedMemory memory;
  const tile::Shared<double> scratch[3] = {memory.take<double>(kThreads / 32), memory.take<double>(kThreads / 32),
      memory.take<double>(kThreads / 32)};
  const double degrees = static_cast<double>(epilogue.n - 1);
  double sums[3] = {0, 0, 0};
  for (int64_t j = threadIdx.x; j < epilogue.d; j += kThreads) {
    sums[0] += distance[j];
    for (int view = 0; view < 2; ++view) {
      const View& v = view == 0 ? first : second;
      const double variance = v.variance[j];
      const double deviation = epilogue.deviation(variance);
      sums[1] += epilogue.miss(deviation);
      if (samples) sums[2] -= variance * variance;
      const double whole = samples ? epilogue.decorrelate() * degrees * variance : 0;
      v.weight[j] = static_cast<float>(epilogue.push(deviation) - whole);
    }
  }
  for (int64_t i = threadIdx.x; i < rows; i += kThreads) {
    sums[2] += (first.squares[i] + second.squares[i]) / (degrees * degrees);
  }
  for (int term = 0; term < 3; ++term) sums[term] = tile::block_sum(sums[term], scratch[term]);
  if (threadIdx.x != 0) return;
  const double d = static_cast<double>(epilogue.d);
  terms[0] = sums[0] / (static_cast<double>(epilogue.n) * d);
  terms[1] = sums[1] * epilogue.hinge / d;
  terms[2] = sums[2] / d;
}

// A view's Gram with its diagonal apart: the right side of its gradient.
struct Gram {
  float* off_diagonal;
  float* diagonal;  // null on the feature side
};

template <typename Mode>
struct VicReg {
  gramian_context* context;
  int64_t n, d;
  VicRegEpilogue epilogue;
  bool samples;
  View views[2];
  int64_t width = padded_width(d);
  int64_t rows = samples ? n : d;  // of the Gram
  int64_t ld = padded_width(rows);

  Gram gram(View& v) const {
    v.x = context->scratch<float>(n * width);
    v.variance = context->scratch<double>(d);
    v.squares = context->scratch<double>(rows);
    v.weight = context->scratch<float>(d);
    columns::center(context, n, d, v.z, width, v.x, context->scratch<float>(d), v.variance);
    const Operand<Mode> operand = samples ? lay_out<Mode>(context, n, d, v.x, width)
                                          : lay_out_transposed<Mode>(context, n, d, v.x, width);
    const Product p = product<Mode>(context, "vicreg_gram", operand, operand);
    const Merge merged = {p, p, 1, samples, context->scratch<float>(rows * ld), nullptr, ld,
        samples ? context->scratch<float>(rows) : nullptr, nullptr, v.squares};
    merge(context, merged);
    return {merged.first, merged.first_diagonal};
  }

  void gradient(const View& v, const Gram& of) const {
    const Operand<Mode> whole = lay_out<Mode>(context, rows, rows, of.off_diagonal, ld);
    const Product p = samples ? product<Mode>(context, "vicreg_gradient", whole,
                                    lay_out_transposed<Mode>(context, n, d, v.x, width))
                              : product<Mode>(context, "vicreg_gradient", lay_out<Mode>(context, n, d, v.x, width),
                                    whole);
    const GramGradient du = {
        n, d, width, p, static_cast<float>(epilogue.decorrelate()), of.diagonal, v.x, v.x, v.weight};
    finish_plain(context, du, static_cast<float>(epilogue.pull()), v.z, v.other, v.dz);
  }

  void run(double* terms) {
    double* distance = context->scratch<double>(d);
    launch(context->stream, columns::grid("vicreg_distances", d), distances, n, d, views[0].z, views[1].z, distance);
    const Gram grams[2] = {gram(views[0]), gram(views[1])};
    launch(context->stream, {"vicreg_terms", 1, kThreads, 3 * tile::shared_bytes<double>(kThreads / 32)}, vicreg_terms,
        epilogue, distance, views[0], views[1], rows, samples, terms);
    for (int view = 0; view < 2 && views[view].dz != nullptr; ++view) gradient(views[view], grams[view]);
  }
};

}  // namespace
}  // namespace gramian

gramian_status gramian_vicreg(gramian_context* context, int64_t n, int64_t d, const float* x, const float* y,
    float invariance, float variance, float covariance, float eps, float gamma, float hinge, int32_t side,
    double* terms, float* dx, float* dy) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    with_precision(context, [&](auto mode) {
      VicReg<decltype(mode)> call = {context, n, d, {n, d, invariance, variance, covariance, eps, gamma, hinge},
          side == GRAMIAN_GRAM_SAMPLES, {{x, y, dx, {}, {}, {}, {}}, {y, x, dy, {}, {}, {}, {}}}};
      call.run(terms);
    });
  });
}
