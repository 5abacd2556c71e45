// Alignment and uniformity on the device: gramian/epilogue/alignment_uniformity.h. The pairs of a view are the upper
// triangle of its sample Gram, never stored: n^2 d FLOP a view, and 4 n^2 d for the gradient (d <= 128).
#include "gramian/epilogue/alignment_uniformity.h"

#include "gram/pair_sums.h"
#include "gram/precisions.h"
#include "gram/weigh.h"
#include "gramian/predictive.h"
#include "losses/normalize.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;
constexpr int kRowsOfBlock = kThreads / 32;

struct View {
  float* dz;
  float* u;      // (n, width) unit rows
  float* norm;   // (n)
  float* shift;  // (n) t q log2(e)
};

// e_ij, as a term of pair_sums.h and as a weight of weighted_rows.h.
struct Gaussian {
  const float* shift;
  float scale;
  struct Row {
    float shift;
  };
  __device__ __forceinline__ Row row(int i) const { return {shift[i]}; }
  __device__ __forceinline__ float operator()(float s, int i, int j) const {
    return exp2f(scale * s - shift[i] - shift[j]);
  }
  __device__ __forceinline__ float operator()(const Row& r, float s, int i, int j) const {
    return i == j ? 0.0f : exp2f(scale * s - r.shift - shift[j]);
  }
};

__global__ void __launch_bounds__(kThreads) gaussian_shifts(
    int64_t n, double t, const float* __restrict__ norm, float* __restrict__ shift) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i < n) shift[i] = uniformity::shift(t, norm[i], kNormEps);
}

// distance_i = |u_i - v_i|^2. A warp per row.
__global__ void __launch_bounds__(kThreads) row_distances(int64_t n, int64_t width, const float* __restrict__ u,
    const float* __restrict__ v, double* __restrict__ distance) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kRowsOfBlock + threadIdx.x / 32;
  if (i >= n) return;  // the whole warp
  double sum = 0;
  for (int64_t k = threadIdx.x % 32; k < width; k += 32) {
    const double difference = static_cast<double>(u[i * width + k]) - v[i * width + k];
    sum += difference * difference;
  }
  sum = tile::warp_sum(sum);
  if (threadIdx.x % 32 == 0) distance[i] = sum;
}

constexpr int kTermThreads = 1024;

// One block: terms (2), and sums (2) over the pairs of each view. distance (n) is squared.
__global__ void __launch_bounds__(kTermThreads) alignment_terms(int64_t n, double alpha,
    const double* __restrict__ distance, PairSums first, PairSums second, double* __restrict__ sums, double* terms) {
  tile::SharedMemory memory;
  const tile::Shared<double> scratch[3] = {memory.take<double>(kTermThreads / 32),
      memory.take<double>(kTermThreads / 32), memory.take<double>(kTermThreads / 32)};
  double parts[3] = {0, 0, 0};
  for (int64_t i = threadIdx.x; i < n; i += kTermThreads) parts[0] += alignment::term(distance[i], alpha);
  for (int64_t k = threadIdx.x; k < first.count; k += kTermThreads) {
    parts[1] += first.partial[k];
    parts[2] += second.partial[k];
  }
  for (int part = 0; part < 3; ++part) parts[part] = tile::block_sum(parts[part], scratch[part]);
  if (threadIdx.x != 0) return;
  terms[0] = parts[0] / static_cast<double>(n);
  terms[1] = 0.5 * (uniformity::value(parts[1], n) + uniformity::value(parts[2], n));
  sums[0] = parts[1];
  sums[1] = parts[2];
}

// du = pull_i (u - v) + slope sum_j e_ij u_j, dz = (du - u (u . du)) / norm; 0 where the norm is at most the clamp.
struct RowsBack {
  int64_t n, d, width;
  WeightedRows weighted;
  const float* u;
  const float* v;
  const float* norm;
  const double* distance;  // |u_i - v_i|^2
  const double* sum;       // of the pairs
  double weight, t, alpha;
  float* dz;

  __device__ __forceinline__ float at(int64_t i, int64_t k, float pull, float slope) const {
    float sum_of_splits = 0;
    for (int s = 0; s < weighted.splits; ++s) sum_of_splits += weighted.partial[(s * n + i) * width + k];
    return pull * (u[i * width + k] - v[i * width + k]) + slope * sum_of_splits;
  }
};

// A warp per row.
__global__ void __launch_bounds__(kThreads) alignment_rows_back(RowsBack of) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kRowsOfBlock + threadIdx.x / 32;
  if (i >= of.n) return;  // the whole warp
  const int64_t lane = threadIdx.x % 32;
  const float pull = static_cast<float>(alignment::pull(of.distance[i], of.alpha, of.n));
  const float slope = static_cast<float>(uniformity::slope(of.weight, of.t, *of.sum));
  double dot = 0;
  for (int64_t k = lane; k < of.d; k += 32) {
    dot += static_cast<double>(of.u[i * of.width + k]) * of.at(i, k, pull, slope);
  }
  const float along = static_cast<float>(tile::warp_sum(dot));
  const bool clamped = of.norm[i] <= kNormEps;
  const float scale = clamped ? 0.0f : 1.0f / of.norm[i];
  for (int64_t k = lane; k < of.d; k += 32) {
    const float du = of.at(i, k, pull, slope);
    of.dz[i * of.d + k] = clamped ? 0.0f : (du - of.u[i * of.width + k] * along) * scale;
  }
}

Grid warps(const char* name, int64_t rows) {
  return {name, static_cast<unsigned>((rows + kRowsOfBlock - 1) / kRowsOfBlock), kThreads};
}

View unit_rows(gramian_context* context, int64_t n, int64_t d, int64_t width, const float* z, double t, float* dz) {
  const View view = {
      dz, context->scratch<float>(n * width), context->scratch<float>(n), context->scratch<float>(n)};
  normalize_rows(context, n, d, z, d, RowRule::unit, kNormEps, width, view.u, view.norm);
  launch(context->stream, {"gaussian_shifts", static_cast<unsigned>((n + kThreads - 1) / kThreads), kThreads},
      gaussian_shifts, n, t, view.norm, view.shift);
  return view;
}

template <typename Mode>
void alignment_uniformity(gramian_context* context, int64_t n, int64_t d, const View (&views)[2], double weight,
    double t, double alpha, double* terms) {
  const int64_t width = padded_width(d);
  const Operand<Mode> rows[2] = {
      lay_out<Mode>(context, n, d, views[0].u, width), lay_out<Mode>(context, n, d, views[1].u, width)};
  const Gaussian of[2] = {{views[0].shift, uniformity::scale(t)}, {views[1].shift, uniformity::scale(t)}};
  const PairSums pairs[2] = {pair_sums_of(context, "uniformity_sums", rows[0], of[0]),
      pair_sums_of(context, "uniformity_sums", rows[1], of[1])};
  double* distance = context->scratch<double>(n);
  double* sums = context->scratch<double>(2);
  launch(context->stream, warps("row_distances", n), row_distances, n, width, views[0].u, views[1].u, distance);
  launch(context->stream,
      {"alignment_terms", 1, kTermThreads, 3 * tile::shared_bytes<double>(kTermThreads / 32)}, alignment_terms, n,
      alpha, distance, pairs[0], pairs[1], sums, terms);
  for (int v = 0; v < 2 && views[v].dz != nullptr; ++v) {
    const WeightedRows weighted = weigh(context, "uniformity_rows", rows[v], rows[v], of[v]);
    // half of the weight: the mean over both views
    launch(context->stream, warps("alignment_rows_back", n), alignment_rows_back,
        RowsBack{n, d, width, weighted, views[v].u, views[1 - v].u, views[v].norm, distance, sums + v, 0.5 * weight, t,
            alpha, views[v].dz});
  }
}

}  // namespace
}  // namespace gramian

gramian_status gramian_alignment_uniformity(gramian_context* context, int64_t n, int64_t d, const float* x,
    const float* y, float weight, float t, float alpha, double* terms, float* dx, float* dy) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const int64_t width = padded_width(d);
    const View views[2] = {
        unit_rows(context, n, d, width, x, t, dx), unit_rows(context, n, d, width, y, t, dy)};
    with_precision(context,
        [&](auto mode) { alignment_uniformity<decltype(mode)>(context, n, d, views, weight, t, alpha, terms); });
  });
}
