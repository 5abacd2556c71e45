// Cholesky whitening of batches of slices on the device, math.md section 5: covariance, factor and its inverse W in
// float64 (the error of Y then grows with the condition of L, not of L L^T), products with W in float32, never rounded.
//   forward    Y = Xc W^T                                                         4 n d^2 + 2/3 d^3 FLOP a slice
//   backward   dX = (dY - mean(dY) - (1-eps)/(n-1) Y P) W, P = tril(dY^T Y) mirrored        6 n d^2 FLOP a slice
// A slice that is not positive definite gets NaN; which one and why is known when the stream has been waited for, so it
// is an error only on the SIMT executor and with GRAMIAN_SYNC=1.
#include "gramian/whitening.h"

#include <cstdio>
#include <vector>

#include "gram/product.h"
#include "losses/whitening_covariance.h"

namespace gramian {
namespace {

using Mode = tile::Float32;
using whitening::BadPivot;

constexpr int kThreads = 256;

unsigned blocks_of(int64_t count, int64_t each) { return static_cast<unsigned>((count + each - 1) / each); }

// y (batch, n, d) = product, one thread an element.
__global__ void __launch_bounds__(kThreads) store_product(int64_t batch, Product product, float* __restrict__ y) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  const int64_t slice = product.rows * product.columns;
  for (int64_t k = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; k < batch * slice; k += stride) {
    y[k] = product.at(k % slice / product.columns, k % product.columns, k / slice);
  }
}

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

// g (batch, n, ld) = dy - mean(dy) - factor yp, zeros from d on. Blocks of 32 columns, (.., .., batch).
__global__ void __launch_bounds__(columns::kThreads) subtract_along(int64_t n, int64_t d, const float* __restrict__ dy,
    Product yp, float factor, int64_t ld, float* __restrict__ g) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(columns::kThreads);
  const columns::Column c(d);
  const float* slice = dy + blockIdx.z * n * d;
  const double sum = columns::sum_down(c, n, scratch, [&](int64_t i) -> double { return slice[i * d + c.j]; });
  const double m = sum / static_cast<double>(n);
  for (int64_t i = c.warp; i < n && c.j < ld; i += columns::kWarps) {
    g[(blockIdx.z * n + i) * ld + c.j] =
        c.inside ? static_cast<float>(slice[i * d + c.j] - m) - factor * yp.at(i, c.j, blockIdx.z) : 0.0f;
  }
}

void store(gramian_context* context, int64_t batch, const Product& product, float* y) {
  const unsigned blocks = blocks_of(batch * product.rows * product.columns, kThreads);
  launch(context->stream, {"whitening_store", blocks < 4096 ? blocks : 4096, kThreads}, store_product, batch, product,
      y);
}

// Waits for the pivots, where that was asked for, and names the first that failed.
void report(gramian_context* context, int64_t batch, int64_t n, int64_t d, const BadPivot* bad) {
  if (!waits_after_each_launch()) return;
  std::vector<BadPivot> pivots(static_cast<size_t>(batch));
  check(cudaMemcpyAsync(pivots.data(), bad, pivots.size() * sizeof(BadPivot), cudaMemcpyDefault, context->stream),
      "pivots");
  check(cudaStreamSynchronize(context->stream), "whitening");
  for (int64_t b = 0; b < batch; ++b) {
    const BadPivot& pivot = pivots[static_cast<size_t>(b)];
    if (pivot.column < 0) continue;
    char value[32];
    std::snprintf(value, sizeof value, "%.3g", pivot.value);
    GRAMIAN_FAIL(GRAMIAN_NOT_POSITIVE_DEFINITE,
        "whitening of batch entry " + std::to_string(b) + ": pivot " + value + " of column " +
            std::to_string(pivot.column) + " is not positive: the covariance of " + std::to_string(n) + " rows and " +
            std::to_string(d) + " columns is singular or has NaN; use a larger eps or more rows");
  }
}

void factor_all(gramian_context* context, int64_t batch, int64_t d, double* s, float* w, BadPivot* bad) {
  const unsigned blocks = static_cast<unsigned>(batch);
  if (d <= whitening::kLargestShared) {
    const size_t bytes = tile::shared_bytes<double>(whitening::packed(d, 0)) + tile::shared_bytes<double>(d);
    launch(context->stream, {"whitening_factor", blocks, whitening::kFactorThreads, bytes},
        whitening::factor_slices<true>, d, s, nullptr, w, bad);
  } else {
    launch(context->stream, {"whitening_factor", blocks, whitening::kFactorThreads}, whitening::factor_slices<false>, d,
        s, context->scratch<double>(batch * d), w, bad);
  }
}

// The rows of all slices as operands of batched products.
Operand<Mode> slices(gramian_context* context, int64_t batch, int64_t count, int64_t d, const float* x, int64_t ld) {
  Operand<Mode> all = lay_out<Mode>(context, batch * count, d, x, ld);
  all.count = count;
  return all;
}

dim3 column_blocks(int64_t ld, int64_t batch) { return dim3(blocks_of(ld, 32), 1, static_cast<unsigned>(batch)); }

}  // namespace
}  // namespace gramian

gramian_status gramian_whitening(gramian_context* context, int64_t batch, int64_t n, int64_t d, const float* x,
    float eps, float* y, float* w) {
  using namespace gramian;
  return guarded([&] {
    if (batch == 0 || d == 0) return;
    context->begin();
    const int64_t ld = padded_width(d);
    float* xc = context->scratch<float>(batch * n * ld);
    double* mean = context->scratch<double>(batch * d);
    double* s = context->scratch<double>(batch * whitening::packed(d, 0));
    BadPivot* bad = context->scratch<BadPivot>(batch);
    Grid grid = columns::grid("whitening_center", ld);
    grid.blocks = column_blocks(ld, batch);
    launch(context->stream, grid, whitening::center_slices, n, d, x, ld, xc, mean);
    const unsigned tiles = blocks_of(d, whitening::kTile);
    launch(context->stream,
        {"whitening_covariance", dim3(tiles, tiles, static_cast<unsigned>(batch)), whitening::kCovarianceThreads,
            2 * tile::shared_bytes<double>(whitening::kTile * whitening::kTile)},
        whitening::covariances, n, d, x, mean, static_cast<double>(eps), s);
    factor_all(context, batch, d, s, w, bad);
    store(context, batch,
        product<Mode>(context, "whitening_apply", slices(context, batch, n, d, xc, ld),
            slices(context, batch, d, d, w, d), batch),
        y);
    report(context, batch, n, d, bad);
  });
}

gramian_status gramian_whitening_backward(gramian_context* context, int64_t batch, int64_t n, int64_t d,
    const float* y, const float* w, const float* dy, float eps, float* dx) {
  using namespace gramian;
  return guarded([&] {
    if (batch == 0 || d == 0) return;
    context->begin();
    const int64_t ld = padded_width(d);
    const Product m = product<Mode>(context, "whitening_moment", lay_out_transposed<Mode>(context, n, d, dy, d, batch),
        lay_out_transposed<Mode>(context, n, d, y, d, batch), batch);
    float* p = context->scratch<float>(batch * d * ld);
    const unsigned blocks = blocks_of(batch * d * ld, kThreads);
    launch(context->stream, {"whitening_mirror", blocks < 4096 ? blocks : 4096, kThreads}, mirror, batch, d, m, ld, p);
    const Product yp = product<Mode>(context, "whitening_along", slices(context, batch, n, d, y, d),
        slices(context, batch, d, d, p, ld), batch);
    float* g = context->scratch<float>(batch * n * ld);
    Grid grid = columns::grid("whitening_subtract", ld);
    grid.blocks = column_blocks(ld, batch);
    const float factor = static_cast<float>((1.0 - static_cast<double>(eps)) / static_cast<double>(n - 1));
    launch(context->stream, grid, subtract_along, n, d, dy, yp, factor, ld, g);
    store(context, batch,
        product<Mode>(context, "whitening_back", slices(context, batch, n, d, g, ld),
            lay_out_transposed<Mode>(context, d, d, w, d, batch), batch),
        dx);
  });
}
