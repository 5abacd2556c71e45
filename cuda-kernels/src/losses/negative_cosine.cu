// Negative cosine between predictions and targets: SimSiam (Chen and He 2021, arXiv 2011.10566, eq. 1), BYOL (Grill et
// al. 2020, arXiv 2006.07733, eq. 2: 2 - 2 cos). A warp per row, sums in float64. Bytes: 8 n d, with the gradient
// 20 n d.
#include "gramian/predictive.h"
#include "losses/softmax_rows.h"
#include "tile/reduce.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;
constexpr int kRowsOfBlock = kThreads / 32;

// cosine (n); dp, unless null, receives factor times the gradient of the sum of cosines.
__global__ void __launch_bounds__(kThreads) cosine_rows(int64_t n, int64_t d, const float* __restrict__ p,
    const float* __restrict__ z, double eps, double factor, double* __restrict__ cosines, float* __restrict__ dp) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kRowsOfBlock + threadIdx.x / 32;
  if (i >= n) return;  // the whole warp
  const int lane = static_cast<int>(threadIdx.x % 32);
  const float* pi = p + i * d;
  const float* zi = z + i * d;
  double pp = 0;
  double zz = 0;
  double pz = 0;
  for (int64_t k = lane; k < d; k += 32) {
    const double a = pi[k];
    const double b = zi[k];
    pp += a * a;
    zz += b * b;
    pz += a * b;
  }
  const double norm_p = sqrt(tile::warp_sum(pp));
  const double norm_z = sqrt(tile::warp_sum(zz));
  const double by_p = 1 / (norm_p < eps ? eps : norm_p);  // NaN stays NaN
  const double by_z = 1 / (norm_z < eps ? eps : norm_z);
  const double cosine = tile::warp_sum(pz) * by_p * by_z;
  if (lane == 0) cosines[i] = cosine;
  if (dp == nullptr) return;
  const bool clamped = norm_p <= eps;
  const double along_z = clamped ? 0 : factor * by_p * by_z;
  const double along_p = clamped ? 0 : factor * cosine * by_p * by_p;
  for (int64_t k = lane; k < d; k += 32) dp[i * d + k] = static_cast<float>(along_z * zi[k] - along_p * pi[k]);
}

}  // namespace
}  // namespace gramian

gramian_status gramian_negative_cosine(gramian_context* context, int64_t n, int64_t d, const float* p, const float* z,
    float eps, float weight, double* value, float* dp) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    double* cosines = context->scratch<double>(n);
    const double factor = -static_cast<double>(weight) / static_cast<double>(n);
    launch(context->stream,
        {"cosine_rows", static_cast<unsigned>((n + kRowsOfBlock - 1) / kRowsOfBlock), kThreads}, cosine_rows, n, d, p,
        z, eps, factor, cosines, dp);
    mean_of(context, n, cosines, -1, value);
  });
}
