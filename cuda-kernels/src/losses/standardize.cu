// Column statistics: u = (z - mean) rstd with its gradient, and c = z - mean with the variance.
//
// A block has 32 neighbouring columns, a warp every 16th row: each access of a warp is one line of 128 bytes. Two passes
// (mean, then squares of what is centred: E[x^2] - E[x]^2 would cancel), sums and the subtraction in float64. Bytes:
// 16 n d forward, 20 n d backward; d / 32 blocks.
#include "gramian/covariance.h"

#include "core/context.h"
#include "tile/reduce.h"

namespace gramian {
namespace {

constexpr int kWarps = 16;
constexpr int kThreads = 32 * kWarps;

// This thread's column, and whether it is one; its first row is its warp.
struct Column {
  int64_t j;
  bool inside;
  int warp;
  __device__ __forceinline__ explicit Column(int64_t d)
      : j(static_cast<int64_t>(blockIdx.x) * 32 + threadIdx.x % 32), inside(j < d),
        warp(static_cast<int>(threadIdx.x / 32)) {}
};

// Sum over the column of term(row); 0 outside of the matrix.
template <typename Term>
__device__ __forceinline__ double sum_down(const Column& c, int64_t n, tile::Shared<double> scratch, Term term) {
  double sum = 0;
  if (c.inside) {
    for (int64_t i = c.warp; i < n; i += kWarps) sum += term(i);
  }
  return tile::column_sum<kWarps>(sum, scratch);
}

__device__ __forceinline__ double squared(double x) { return x * x; }

// Both forms read z and write u at the same element only, so that u may be z.
__global__ void __launch_bounds__(kThreads)
    standardize(int64_t n, int64_t d, const float* z, float eps, float* u, float* mean, float* rstd) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads);
  const Column c(d);
  const double count = static_cast<double>(n);
  const double m = sum_down(c, n, scratch, [&](int64_t i) -> double { return z[i * d + c.j]; }) / count;
  const double squares = sum_down(c, n, scratch, [&](int64_t i) { return squared(z[i * d + c.j] - m); });
  if (!c.inside) return;
  const float r = static_cast<float>(1 / sqrt(squares / count + static_cast<double>(eps)));
  if (c.warp == 0) {
    mean[c.j] = static_cast<float>(m);
    rstd[c.j] = r;
  }
  for (int64_t i = c.warp; i < n; i += kWarps) u[i * d + c.j] = static_cast<float>(z[i * d + c.j] - m) * r;
}

__global__ void __launch_bounds__(kThreads)
    center(int64_t n, int64_t d, const float* z, float* u, float* mean, float* variance) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads);
  const Column c(d);
  const double m = sum_down(c, n, scratch, [&](int64_t i) -> double { return z[i * d + c.j]; }) / static_cast<double>(n);
  const double squares = sum_down(c, n, scratch, [&](int64_t i) { return squared(z[i * d + c.j] - m); });
  if (!c.inside) return;
  if (c.warp == 0) {
    mean[c.j] = static_cast<float>(m);
    variance[c.j] = static_cast<float>(squares / static_cast<double>(n - 1));  // NaN for one row
  }
  for (int64_t i = c.warp; i < n; i += kWarps) u[i * d + c.j] = static_cast<float>(z[i * d + c.j] - m);
}

// dz = rstd (du - mean(du) - u mean(du o u)); dz may be du.
__global__ void __launch_bounds__(kThreads) standardize_backward(
    int64_t n, int64_t d, const float* __restrict__ u, const float* __restrict__ rstd, const float* du, float* dz) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads);
  const Column c(d);
  const double count = static_cast<double>(n);
  const double m = sum_down(c, n, scratch, [&](int64_t i) -> double { return du[i * d + c.j]; }) / count;
  const double along =
      sum_down(c, n, scratch, [&](int64_t i) { return static_cast<double>(du[i * d + c.j]) * u[i * d + c.j]; }) / count;
  if (!c.inside) return;
  const float r = rstd[c.j];
  for (int64_t i = c.warp; i < n; i += kWarps) {
    dz[i * d + c.j] = static_cast<float>(du[i * d + c.j] - m - u[i * d + c.j] * along) * r;
  }
}

Grid columns_grid(const char* name, int64_t d) {
  return {name, static_cast<unsigned>((d + 31) / 32), kThreads, tile::shared_bytes<double>(kThreads)};
}

}  // namespace
}  // namespace gramian

gramian_status gramian_standardize_columns(
    gramian_context* context, int64_t n, int64_t d, const float* z, float eps, float* u, float* mean, float* rstd) {
  using namespace gramian;
  return guarded([&] {
    launch(context->stream, columns_grid("standardize_columns", d), standardize, n, d, z, eps, u, mean, rstd);
  });
}

gramian_status gramian_standardize_columns_backward(
    gramian_context* context, int64_t n, int64_t d, const float* u, const float* rstd, const float* du, float* dz) {
  using namespace gramian;
  return guarded([&] {
    launch(context->stream, columns_grid("standardize_columns_backward", d), standardize_backward, n, d, u, rstd, du,
        dz);
  });
}

gramian_status gramian_center_columns(
    gramian_context* context, int64_t n, int64_t d, const float* z, float* c, float* mean, float* variance) {
  using namespace gramian;
  return guarded([&] { launch(context->stream, columns_grid("center_columns", d), center, n, d, z, c, mean, variance); });
}
