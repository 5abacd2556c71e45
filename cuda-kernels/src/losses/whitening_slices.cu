// Passes over the slices of a batch, and the report about those that cannot be whitened.
#include "losses/whitening_slices.h"

#include <vector>

#include "losses/bad_slice.h"
#include "losses/columns.h"

namespace gramian {
namespace whitening {
namespace {

constexpr int kThreads = wide::kThreads;

// mean (batch, d); xc (batch, n, ld) = x - mean, zeros from d on. Blocks of 32 columns.
__global__ void __launch_bounds__(columns::kThreads) center_slices(int64_t n, int64_t d, const float* __restrict__ x,
    int64_t ld, float* __restrict__ xc, double* __restrict__ mean) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(columns::kThreads);
  const columns::Column c(d);
  const float* slice = x + blockIdx.z * n * d;
  const double sum = columns::sum_down(c, n, scratch, [&](int64_t i) -> double { return slice[i * d + c.j]; });
  const double m = sum / static_cast<double>(n);
  if (c.inside && c.warp == 0) mean[blockIdx.z * d + c.j] = m;
  for (int64_t i = c.warp; i < n && c.j < ld; i += columns::kWarps) {
    xc[(blockIdx.z * n + i) * ld + c.j] = c.inside ? static_cast<float>(slice[i * d + c.j] - m) : 0.0f;
  }
}

// Column i of the centred slice, sample by sample.
struct CentredColumns {
  static constexpr bool kAlongInner = false;
  const float* x;
  const double* mean;
  int64_t n, d;
  __device__ __forceinline__ double at(int64_t entry, int64_t i, int64_t k) const {
    return x[(entry * n + k) * d + i] - mean[entry * d + i];
  }
};

struct Shrunk {
  double* s;
  int64_t d;
  double share, eps;
  __device__ __forceinline__ void operator()(int64_t entry, int64_t i, int64_t j, double sum) const {
    const double value = share * sum + (i == j ? eps : 0.0);
    s[(entry * d + i) * d + j] = value;
    s[(entry * d + j) * d + i] = value;
  }
};

// y (batch, n, d) = product, one thread an element.
__global__ void __launch_bounds__(kThreads) store_product(int64_t batch, Product product, float* __restrict__ y) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  const int64_t slice = product.rows * product.columns;
  for (int64_t k = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; k < batch * slice; k += stride) {
    y[k] = product.at(k % slice / product.columns, k % product.columns, k / slice);
  }
}

// g (batch, n, ld) = b - mean(b) - factor yp, zeros from d on. Blocks of 32 columns, (.., .., batch).
__global__ void __launch_bounds__(columns::kThreads) subtract_product(int64_t n, int64_t d,
    const float* __restrict__ b, Product yp, float factor, int64_t ld, float* __restrict__ g) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(columns::kThreads);
  const columns::Column c(d);
  const float* slice = b + blockIdx.z * n * d;
  const double sum = columns::sum_down(c, n, scratch, [&](int64_t i) -> double { return slice[i * d + c.j]; });
  const double m = sum / static_cast<double>(n);
  for (int64_t i = c.warp; i < n && c.j < ld; i += columns::kWarps) {
    g[(blockIdx.z * n + i) * ld + c.j] =
        c.inside ? static_cast<float>(slice[i * d + c.j] - m) - factor * yp.at(i, c.j, blockIdx.z) : 0.0f;
  }
}

__global__ void __launch_bounds__(columns::kThreads)
    center_sum(int64_t n, int64_t d, Product p, Product q, float* __restrict__ dx) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(columns::kThreads);
  const columns::Column c(d);
  const auto both = [&](int64_t i) -> double { return p.at(i, c.j, blockIdx.z) + q.at(i, c.j, blockIdx.z); };
  const double m = columns::sum_down(c, n, scratch, both) / static_cast<double>(n);
  if (!c.inside) return;
  for (int64_t i = c.warp; i < n; i += columns::kWarps) {
    dx[(blockIdx.z * n + i) * d + c.j] = static_cast<float>(both(i) - m);
  }
}

Grid column_grid(const char* name, int64_t width, int64_t count) {
  Grid grid = columns::grid(name, width);
  grid.blocks.z = static_cast<unsigned>(count);
  return grid;
}

}  // namespace

Operand<Mode> Slices::rows(int64_t height, const float* x, int64_t stride) const {
  Operand<Mode> all = lay_out<Mode>(context, count * height, d, x, stride);
  all.count = height;
  return all;
}

Centred center(const Slices& of, const float* x) {
  const int64_t ld = of.ld();
  const Centred to = {of.context->scratch<float>(of.count * of.n * ld), of.context->scratch<double>(of.count * of.d)};
  launch(of.context->stream, column_grid("whitening_center", ld, of.count), center_slices, of.n, of.d, x, ld, to.x,
      to.mean);
  return to;
}

double* covariance(const Slices& of, const float* x, const double* mean) {
  double* s = of.context->scratch<double>(of.count * of.d * of.d);
  const CentredColumns columns = {x, mean, of.n, of.d};
  wide::product(of.context, "whitening_covariance", {of.count, of.d, of.d, of.n, true}, columns, columns,
      Shrunk{s, of.d, of.share(), static_cast<double>(of.eps)});
  return s;
}

void store(const Slices& of, const Product& product, float* y) {
  launch(of.context->stream,
      {"whitening_store", wide::elementwise_blocks(of.count * product.rows * product.columns), kThreads},
      store_product, of.count, product, y);
}

float* subtract_along(const Slices& of, const float* b, const Product& yp) {
  float* g = of.context->scratch<float>(of.count * of.n * of.ld());
  launch(of.context->stream, column_grid("whitening_subtract", of.ld(), of.count), subtract_product, of.n, of.d, b, yp,
      static_cast<float>(of.share()), of.ld(), g);
  return g;
}

void add_centred(const Slices& of, const Product& p, const Product& q, float* dx) {
  launch(of.context->stream, column_grid("whitening_add", of.d, of.count), center_sum, of.n, of.d, p, q, dx);
}

bool wait_for(const Slices& of, const BadPivot* bad, BadPivot* pivots) {
  if (!waits_after_each_launch() || captures(of.context->stream)) return false;
  check(cudaMemcpyAsync(pivots, bad, static_cast<size_t>(of.count) * sizeof(BadPivot), cudaMemcpyDefault,
            of.context->stream),
      "pivots");
  check(cudaStreamSynchronize(of.context->stream), "whitening");
  return true;
}

void report(const Slices& of, int32_t method, const BadPivot* bad) {
  std::vector<BadPivot> pivots(static_cast<size_t>(of.count));
  if (!wait_for(of, bad, pivots.data())) return;
  for (int64_t b = 0; b < of.count; ++b) {
    const BadPivot& pivot = pivots[static_cast<size_t>(b)];
    if (pivot.column < 0) continue;
    const SlicePlace place = {method, of.n, of.d, "batch entry " + std::to_string(b)};
    GRAMIAN_FAIL(GRAMIAN_NOT_POSITIVE_DEFINITE, describe(pivot, place));
  }
}

}  // namespace whitening
}  // namespace gramian
