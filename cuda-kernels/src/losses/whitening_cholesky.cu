// Cholesky whitening, math.md section 5: covariance, factor and its inverse W in float64 (the error of Y then grows
// with the condition of L, not of L L^T), products with W in float32, never rounded.
//   forward    Y = Xc W^T                                                         4 n d^2 + 2/3 d^3 FLOP a slice
//   backward   dX = (dY - mean(dY) - (1-eps)/(n-1) Y P) W, P = tril(dY^T Y) mirrored        6 n d^2 FLOP a slice
// Slices of up to 128 columns are one kernel each way (whitening_fused.h); this file has wider ones, in steps.
#include "linalg/lent_solver.h"
#include "losses/whitening_covariance.h"
#include "losses/whitening_fused.h"
#include "losses/whitening_slices.h"

namespace gramian {
namespace whitening {
namespace {

constexpr int kThreads = wide::kThreads;

// p (batch, d, ld): the lower triangle of m mirrored, zeros behind.
__global__ void __launch_bounds__(kThreads)
    mirror(int64_t batch, int64_t d, Product m, int64_t ld, float* __restrict__ p) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t k = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; k < batch * d * ld; k += stride) {
    const int64_t i = k / ld % d;
    const int64_t j = k % ld;
    p[k] = j >= d ? 0.0f : m.at(i > j ? i : j, i > j ? j : i, k / (d * ld));
  }
}

void factor_all(const Slices& of, double* s, float* w, BadPivot* bad) {
  double* flags = nullptr;  // those that are factored here: all, or what the lent solver left
  if (lent(of.context, of.d)) {
    flags = of.context->scratch<double>(of.count);
    lent_inverse_factor(of.context, of.count, of.d, s, w, flags);
  }
  const unsigned blocks = static_cast<unsigned>(of.count);
  if (of.d <= kLargestShared) {
    const size_t bytes = tile::shared_bytes<double>(packed(of.d, 0)) + tile::shared_bytes<double>(of.d);
    launch(of.context->stream, {"whitening_factor", blocks, kFactorThreads, bytes}, factor_slices<true>, of.d,
        flags, s, nullptr, w, bad);
  } else {
    launch(of.context->stream, {"whitening_factor", blocks, kFactorThreads}, factor_slices<false>, of.d,
        flags, s, of.context->scratch<double>(of.count * of.d), w, bad);
  }
}

}  // namespace

void cholesky(const Slices& of, const float* x, float* y, float* w, BadPivot* bad) {
  if (fits_one_block(of)) return fused_cholesky(of, x, y, w, bad);
  const Centred centred = center(of, x);
  double* s = of.context->scratch<double>(of.count * packed(of.d, 0));
  const unsigned tiles = static_cast<unsigned>((of.d + kTile - 1) / kTile);
  launch(of.context->stream,
      {"whitening_covariance", dim3(tiles, tiles, static_cast<unsigned>(of.count)), kCovarianceThreads,
          2 * tile::shared_bytes<double>(kTile * kTile)},
      covariances, of.n, of.d, x, centred.mean, static_cast<double>(of.eps), s);
  factor_all(of, s, w, bad);
  const Product applied = product<Mode>(
      of.context, "whitening_apply", of.rows(of.n, centred.x, of.ld()), of.rows(of.d, w, of.d), of.count);
  store(of, applied, y);
}

void cholesky_backward(const Slices& of, const float* y, const float* w, const float* dy, float* dx) {
  if (fits_one_block(of)) return fused_cholesky_backward(of, y, w, dy, dx);
  gramian_context* context = of.context;
  const int64_t d = of.d;
  const Product m =
      product<Mode>(context, "whitening_moment", lay_out_transposed<Mode>(context, of.n, d, dy, d, of.count),
          lay_out_transposed<Mode>(context, of.n, d, y, d, of.count), of.count);
  float* p = context->scratch<float>(of.count * d * of.ld());
  launch(context->stream, {"whitening_mirror", wide::elementwise_blocks(of.count * d * of.ld()), kThreads}, mirror,
      of.count, d, m, of.ld(), p);
  const Product yp =
      product<Mode>(context, "whitening_along", of.rows(of.n, y, d), of.rows(d, p, of.ld()), of.count);
  const float* g = subtract_along(of, dy, yp);
  const Product back = product<Mode>(context, "whitening_back", of.rows(of.n, g, of.ld()),
      lay_out_transposed<Mode>(context, d, d, w, d, of.count), of.count);
  store(of, back, dx);
}

}  // namespace whitening
}  // namespace gramian
