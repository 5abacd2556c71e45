// LeJEPA on the device: SIGReg (gramian/epilogue/sig_reg.h) of the projections x = z a of every view, and the
// invariance of views to their centre; formulas in gramian/predictive.h. All views are one matrix z (views n, d): two
// products, x = z a and dz = dx a^T, 2 views n d m FLOP each. Cosines and sines in float64 by rotation, about
// 100 views n m FLOP for 17 knots in either pass. Memory: splits + 1 times (views n, m) and (views n, d).
#include "gram/precisions.h"
#include "gram/product.h"
#include "gramian/epilogue/sig_reg.h"
#include "gramian/predictive.h"
#include "losses/columns.h"

namespace gramian {
namespace {

constexpr int kKnots = 6;  // of one block: sums of 17 knots would not fit into registers

// cosines, sines (views, knots, directions): sums over rows. A block has 32 directions of one view and kKnots knots.
__global__ void __launch_bounds__(columns::kThreads) characteristic_sums(
    Product x, SigRegEpilogue of, double* __restrict__ cosines, double* __restrict__ sines) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(columns::kThreads);
  const columns::Column column(of.directions);
  const int64_t view = blockIdx.z;
  const int64_t first = static_cast<int64_t>(blockIdx.y) * kKnots;
  double c[kKnots] = {};
  double s[kKnots] = {};
  for (int64_t i = column.warp; i < of.n && column.inside; i += columns::kWarps) {
    const double angle = of.h * x.at(view * of.n + i, column.j);
    double sine, cosine, sine_k, cosine_k;
    sine_cosine(angle, &sine, &cosine);
    sine_cosine(static_cast<double>(first) * angle, &sine_k, &cosine_k);
#pragma unroll
    for (int k = 0; k < kKnots; ++k) {
      c[k] += cosine_k;
      s[k] += sine_k;
      const double next = cosine_k * cosine - sine_k * sine;
      sine_k = sine_k * cosine + cosine_k * sine;
      cosine_k = next;
    }
  }
#pragma unroll
  for (int k = 0; k < kKnots; ++k) {
    const double cosine = tile::column_sum<columns::kWarps>(c[k], scratch);
    const double sine = tile::column_sum<columns::kWarps>(s[k], scratch);
    if (!column.inside || column.warp != 0 || first + k >= of.knots) continue;
    const int64_t at = (view * of.knots + first + k) * of.directions + column.j;
    cosines[at] = cosine;
    sines[at] = sine;
  }
}

constexpr int kThreads = 256;

// statistic (views, directions); the sums become factors of the gradient. A thread per direction of a view.
__global__ void __launch_bounds__(kThreads) sig_reg_statistics(
    SigRegEpilogue of, double* __restrict__ cosines, double* __restrict__ sines, double* __restrict__ statistic) {
  const int64_t which = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (which >= of.views * of.directions) return;
  const int64_t view = which / of.directions;
  double sum = 0;
  for (int64_t k = 0; k < of.knots; ++k) {
    const int64_t at = (view * of.knots + k) * of.directions + which % of.directions;
    sum += of.knot(k).fold(cosines + at, sines + at);
  }
  statistic[which] = sum;
}

// dx (views n, ld), zeros behind the directions.
__global__ void __launch_bounds__(kThreads) characteristic_gradient(Product x, SigRegEpilogue of,
    const double* __restrict__ of_cosines, const double* __restrict__ of_sines, int64_t ld, float* __restrict__ dx) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t e = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; e < x.rows * ld; e += stride) {
    const int64_t i = e / ld;
    const int64_t j = e % ld;
    if (j >= of.directions) {
      dx[e] = 0;
      continue;
    }
    double sine, cosine;
    sine_cosine(of.h * x.at(i, j), &sine, &cosine);
    double sine_k = 0;
    double cosine_k = 1;
    double sum = 0;
    int64_t at = i / of.n * of.knots * of.directions + j;
    for (int64_t k = 0; k < of.knots; ++k, at += of.directions) {
      sum += of_cosines[at] * cosine_k + of_sines[at] * sine_k;
      const double next = cosine_k * cosine - sine_k * sine;
      sine_k = sine_k * cosine + cosine_k * sine;
      cosine_k = next;
    }
    dx[e] = static_cast<float>(sum);
  }
}

// The views, one below the other, and their centre: the mean of the first `globals`.
struct Views {
  int64_t count, globals, n, d, width;
  const float* z;  // (count n, width)

  __device__ __forceinline__ double at(int64_t view, int64_t i, int64_t k) const {
    return z[(view * n + i) * width + k];
  }
  __device__ __forceinline__ double center(int64_t i, int64_t k) const {
    double sum = 0;
    for (int64_t v = 0; v < globals; ++v) sum += at(v, i, k);
    return sum / static_cast<double>(globals);
  }
};

constexpr int64_t kElements = 4 * kThreads;  // of one partial sum

// partial = sums of (z - centre)^2 over kElements elements of all views.
__global__ void __launch_bounds__(kThreads) center_distances(Views of, double* __restrict__ partial) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads / 32);
  double sum = 0;
  const int64_t from = static_cast<int64_t>(blockIdx.x) * kElements;
  for (int64_t e = from + threadIdx.x; e < from + kElements && e < of.n * of.d; e += kThreads) {
    const double center = of.center(e / of.d, e % of.d);
    for (int64_t v = 0; v < of.count; ++v) sum += columns::squared(of.at(v, e / of.d, e % of.d) - center);
  }
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

constexpr int kTermThreads = 1024;

// A list of partial sums and what to multiply their sum with.
struct Sums {
  const double* of;
  int64_t count;
  double factor;
};

// A block per term.
__global__ void __launch_bounds__(kTermThreads) lejepa_terms(Sums sig_reg, Sums invariance, double* terms) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kTermThreads / 32);
  const bool first = blockIdx.x == 0;  // by members: a choice between the two structs would put them on the stack
  const double* const of = first ? sig_reg.of : invariance.of;
  const int64_t count = first ? sig_reg.count : invariance.count;
  double sum = 0;
  for (int64_t k = threadIdx.x; k < count; k += kTermThreads) sum += of[k];
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x == 0) terms[blockIdx.x] = (first ? sig_reg.factor : invariance.factor) * sum;
}

// dz of one view = its part of the product + factor ((z - centre) - share), where the centre follows the global views:
// each of them takes its share of the gradient of the centre.
__global__ void __launch_bounds__(kThreads)
    lejepa_gradient(Product dz_of_all, Views of, int64_t view, double factor, float* __restrict__ dz) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t e = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; e < of.n * of.d; e += stride) {
    const int64_t i = e / of.d;
    const int64_t k = e % of.d;
    const double center = of.center(i, k);
    double share = 0;
    for (int64_t v = 0; v < of.count && view < of.globals; ++v) share += of.at(v, i, k) - center;
    share /= static_cast<double>(of.globals);
    dz[e] = static_cast<float>(dz_of_all.at(view * of.n + i, k) + factor * ((of.at(view, i, k) - center) - share));
  }
}

// Blocks that stride over count elements.
unsigned striding(int64_t count) {
  const int64_t blocks = (count + kThreads - 1) / kThreads;
  return static_cast<unsigned>(blocks < 4096 ? blocks : 4096);
}

template <typename Mode>
struct LeJepa {
  gramian_context* context;
  SigRegEpilogue epilogue;
  Views views;
  const float* directions;
  double* cosines;
  double* sines;

  Product projections() const {
    return product<Mode>(context, "lejepa_projections",
        lay_out<Mode>(context, views.count * views.n, views.d, views.z, views.width),
        lay_out_transposed<Mode>(context, views.d, epilogue.directions, directions, epilogue.directions));
  }

  void value(const Product& x, double* terms) const {
    const int64_t statistics = epilogue.views * epilogue.directions;
    const int64_t parts = (views.n * views.d + kElements - 1) / kElements;
    double* statistic = context->scratch<double>(statistics);
    double* partial = context->scratch<double>(parts);
    Grid grid = columns::grid("characteristic_sums", epilogue.directions);
    grid.blocks.y = static_cast<unsigned>((epilogue.knots + kKnots - 1) / kKnots);
    grid.blocks.z = static_cast<unsigned>(views.count);
    launch(context->stream, grid, characteristic_sums, x, epilogue, cosines, sines);
    launch(context->stream,
        {"sig_reg_statistics", static_cast<unsigned>((statistics + kThreads - 1) / kThreads), kThreads},
        sig_reg_statistics, epilogue, cosines, sines, statistic);
    launch(context->stream,
        {"center_distances", static_cast<unsigned>(parts), kThreads, tile::shared_bytes<double>(kThreads / 32)},
        center_distances, views, partial);
    const double elements = static_cast<double>(views.count) * static_cast<double>(views.n * views.d);
    launch(context->stream, {"lejepa_terms", 2, kTermThreads, tile::shared_bytes<double>(kTermThreads / 32)},
        lejepa_terms, Sums{statistic, statistics, 1 / static_cast<double>(statistics)},
        Sums{partial, parts, 1 / elements}, terms);
  }

  void gradient(const Product& x, double lambda, const gramian_output* to) const {
    const int64_t rows = views.count * views.n;
    const int64_t ld = padded_width(epilogue.directions);
    float* dx = context->scratch<float>(rows * ld);
    launch(context->stream, {"characteristic_gradient", striding(rows * ld), kThreads}, characteristic_gradient, x,
        epilogue, cosines, sines, ld, dx);
    const Product p = product<Mode>(context, "lejepa_gradient_product",
        lay_out<Mode>(context, rows, epilogue.directions, dx, ld),
        lay_out<Mode>(context, views.d, epilogue.directions, directions, epilogue.directions));
    const double factor = 2 * (1 - lambda) / (static_cast<double>(rows) * static_cast<double>(views.d));
    for (int64_t v = 0; v < views.count; ++v) {
      launch(context->stream, {"lejepa_gradient", striding(views.n * views.d), kThreads}, lejepa_gradient, p, views, v,
          factor, to[v]);
    }
  }
};

}  // namespace
}  // namespace gramian

gramian_status gramian_lejepa(gramian_context* context, int64_t views, int64_t globals, int64_t n, int64_t d,
    const gramian_input* z, int64_t m, const float* directions, int32_t knots, float t_max, float lambda,
    double* terms, const gramian_output* gradients) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const int64_t width = padded_width(d);
    float* all = context->scratch<float>(views * n * width);
    for (int64_t v = 0; v < views; ++v) pad_rows_into(context, n, d, z[v], d, all + v * n * width);
    double* sums[2] = {context->scratch<double>(views * knots * m), context->scratch<double>(views * knots * m)};
    with_precision(context, [&](auto mode) {
      const LeJepa<decltype(mode)> call = {context,
          {n, views, m, knots, static_cast<double>(t_max) / (knots - 1), lambda}, {views, globals, n, d, width, all},
          directions, sums[0], sums[1]};
      const Product x = call.projections();
      call.value(x, terms);
      if (gradients != nullptr) call.gradient(x, lambda, gradients);
    });
  });
}
