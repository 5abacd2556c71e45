// Column statistics: u = (z - mean) rstd with its gradient, and c = z - mean with the variance.
//
// Two passes (mean, then squares of what is centred: E[x^2] - E[x]^2 would cancel), sums and subtraction in float64.
// Bytes: 16 n d forward, 20 n d backward; d / 32 blocks.
#include "gramian/covariance.h"

#include "losses/columns.h"

namespace gramian {
namespace columns {
namespace {

// Both forms read z and write u at the same element only, so that u may be z.
__global__ void __launch_bounds__(kThreads)
    standardize_kernel(
        int64_t n, int64_t d, const float* z, float eps, int64_t ld, float* u, float* mean, float* rstd, float* ratio) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads);
  const Column c(d);
  const double count = static_cast<double>(n);
  const double m = sum_down(c, n, scratch, [&](int64_t i) -> double { return z[i * d + c.j]; }) / count;
  const double squares = sum_down(c, n, scratch, [&](int64_t i) { return squared(z[i * d + c.j] - m); });
  const double wide_eps = eps;
  const double deviation = sqrt(squares / (count - 1));
  const bool outside = ratio != nullptr;
  const float r = static_cast<float>(1 / (outside ? deviation + wide_eps : sqrt(squares / count + wide_eps)));
  if (c.inside && c.warp == 0) {
    mean[c.j] = static_cast<float>(m);
    rstd[c.j] = r;
    const double share = (deviation + wide_eps) * count / ((count - 1) * deviation);
    if (outside) ratio[c.j] = deviation == 0 ? 0.0f : static_cast<float>(share);
  }
  for (int64_t i = c.warp; i < n && c.j < ld; i += kWarps) {
    u[i * ld + c.j] = c.inside ? static_cast<float>(z[i * d + c.j] - m) * r : 0.0f;
  }
}

template <typename Variance>
__global__ void __launch_bounds__(kThreads)
    center_kernel(int64_t n, int64_t d, const float* z, int64_t ld, float* u, float* mean, Variance* variance) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads);
  const Column c(d);
  const double sum = sum_down(c, n, scratch, [&](int64_t i) -> double { return z[i * d + c.j]; });
  const double m = sum / static_cast<double>(n);
  const double squares = sum_down(c, n, scratch, [&](int64_t i) { return squared(z[i * d + c.j] - m); });
  if (c.inside && c.warp == 0) {
    mean[c.j] = static_cast<float>(m);
    variance[c.j] = static_cast<Variance>(squares / static_cast<double>(n - 1));  // NaN for one row
  }
  for (int64_t i = c.warp; i < n && c.j < ld; i += kWarps) {
    u[i * ld + c.j] = c.inside ? static_cast<float>(z[i * d + c.j] - m) : 0.0f;
  }
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

}  // namespace

void standardize(gramian_context* context, int64_t n, int64_t d, const float* z, float eps, int64_t ld, float* u,
    float* mean, float* rstd, float* ratio) {
  launch(context->stream, grid("standardize_columns", ld), standardize_kernel, n, d, z, eps, ld, u, mean, rstd, ratio);
}

void center(gramian_context* context, int64_t n, int64_t d, const float* z, int64_t ld, float* u, float* mean,
    double* variance) {
  launch(context->stream, grid("center_columns", ld), center_kernel<double>, n, d, z, ld, u, mean, variance);
}

}  // namespace columns
}  // namespace gramian

gramian_status gramian_standardize_columns(
    gramian_context* context, int64_t n, int64_t d, const float* z, float eps, float* u, float* mean, float* rstd) {
  return gramian::guarded([&] { gramian::columns::standardize(context, n, d, z, eps, d, u, mean, rstd, nullptr); });
}

gramian_status gramian_standardize_columns_backward(
    gramian_context* context, int64_t n, int64_t d, const float* u, const float* rstd, const float* du, float* dz) {
  using namespace gramian::columns;
  return gramian::guarded([&] {
    gramian::launch(context->stream, grid("standardize_columns_backward", d), standardize_backward, n, d, u, rstd, du,
        dz);
  });
}

gramian_status gramian_center_columns(
    gramian_context* context, int64_t n, int64_t d, const float* z, float* c, float* mean, float* variance) {
  using namespace gramian::columns;
  return gramian::guarded([&] {
    gramian::launch(
        context->stream, grid("center_columns", d), center_kernel<float>, n, d, z, d, c, mean, variance);
  });
}
