#include "losses/vicreg_columns.h"

#include "losses/columns.h"

namespace gramian {
namespace vicreg {
namespace {

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

// One block.
__global__ void __launch_bounds__(kThreads) vicreg_terms(VicRegEpilogue epilogue, const double* __restrict__ distance,
    View first, View second, Covariance covariance, double* terms) {
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
      if (covariance.diagonal) sums[2] -= variance * variance;
      const double whole = covariance.diagonal ? epilogue.decorrelate() * degrees * variance : 0;
      v.weight[j] = static_cast<float>(epilogue.push(deviation) - whole);
    }
  }
  for (int64_t i = threadIdx.x; i < covariance.rows; i += kThreads) {
    sums[2] += (first.sums[i] + second.sums[i]) * covariance.factor;
  }
  for (int term = 0; term < 3; ++term) sums[term] = tile::block_sum(sums[term], scratch[term]);
  if (threadIdx.x != 0) return;
  const double d = static_cast<double>(epilogue.d);
  terms[0] = sums[0] / (static_cast<double>(epilogue.n) * d);
  terms[1] = sums[1] * epilogue.hinge / d;
  terms[2] = sums[2] / d;
}

}  // namespace

View centered(gramian_context* context, int64_t n, int64_t d, int64_t width, const float* z, const float* other,
    float* dz, float* x) {
  const View view = {z, other, dz, x, context->scratch<double>(d), context->scratch<float>(d), nullptr};
  columns::center(context, n, d, z, width, x, context->scratch<float>(d), view.variance);
  return view;
}

void column_terms(gramian_context* context, const VicRegEpilogue& epilogue, const View (&views)[2],
    const Covariance& covariance, double* terms) {
  double* distance = context->scratch<double>(epilogue.d);
  launch(context->stream, columns::grid("vicreg_distances", epilogue.d), distances, epilogue.n, epilogue.d, views[0].z,
      views[1].z, distance);
  launch(context->stream, {"vicreg_terms", 1, kThreads, 3 * tile::shared_bytes<double>(kThreads / 32)}, vicreg_terms,
      epilogue, distance, views[0], views[1], covariance, terms);
}

}  // namespace vicreg
}  // namespace gramian
