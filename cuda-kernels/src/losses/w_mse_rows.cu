// Pairs of views without a loop over pairs: with the mean m of the V vectors of a row,
//   sum_{a<b} |u_a - u_b|^2 = V sum_v |u_v - m|^2        (no difference of large numbers, never negative)
//   gradient in u_v         = 2 V (u_v - m)
// u = y / max(|y|, 1e-12), or y. For unit vectors |u_a - u_b|^2 = 2 - 2 <u_a, u_b>, the loss as published; a row below
// the clamp is not a unit vector and is corrected by (V - 1)(1 - |u|^2), the gradient by -2 (V - 1) u. O(V d) per row.
// One-sided (solo-learn's detached second view): gradient in u_v = 2 sum_{b>v} (u_v - u_b), with V - 1 - v for V - 1.
#include "losses/w_mse_rows.h"

#include "tile/reduce.h"

namespace gramian {
namespace w_mse {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;  // a warp a row
constexpr float kClamp = 1e-12f;       // torch.nn.functional.normalize
constexpr int kMostViews = 32;         // of one launch: their addresses are kernel parameters

struct Addresses {
  const float* from[kMostViews];
  float* to[kMostViews];
  int64_t first;  // the view behind the first address
};

__global__ void __launch_bounds__(kThreads) gather_rows(int64_t n, int64_t d, Addresses views,
    const int32_t* __restrict__ index, float* __restrict__ to) {
  const float* z = views.from[blockIdx.y];
  to += (views.first + blockIdx.y) * n * d;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t k = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; k < n * d; k += stride) {
    to[k] = z[index[k / d] * d + k % d];
  }
}

// Every row of a gradient has one source, so nobody else writes it.
__global__ void __launch_bounds__(kThreads) scatter_rows(int64_t n, int64_t d, Addresses views,
    const float* __restrict__ dx, const int32_t* __restrict__ index, bool add, const double* __restrict__ poison) {
  float* to = views.to[blockIdx.y];
  dx += (views.first + blockIdx.y) * n * d;
  const float bad = static_cast<float>(poison[0]);
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t k = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; k < n * d; k += stride) {
    const int64_t at = index[k / d] * d + k % d;
    const float value = dx[k] + bad;
    to[at] = add ? to[at] + value : value;
  }
}

struct Rows {
  int64_t views, n, d;
  Comparison how;
  const float* y;
  float* dy;           // or null
  float* mean;         // (n, d) scratch
  float* scales;       // (n, views) scratch: 1 / max(|y|, clamp), or 1
  double* partial;     // (n)

  __device__ __forceinline__ const float* row(int64_t v, int64_t i) const { return y + (v * n + i) * d; }
  __device__ __forceinline__ bool clamped(float scale) const { return how.normalize && scale == 1.0f / kClamp; }
};

__device__ __forceinline__ double squared_norm(int64_t d, const float* x) {
  double sum = 0;
  for (int64_t k = threadIdx.x % 32; k < d; k += 32) sum += static_cast<double>(x[k]) * x[k];
  return tile::warp_sum(sum);
}

__device__ __forceinline__ float scale_of(const Rows& of, const float* y) {
  if (!of.how.normalize) return 1.0f;
  const float norm = static_cast<float>(sqrt(squared_norm(of.d, y)));
  return 1.0f / (norm < kClamp ? kClamp : norm);
}

// dy = factor r difference(k), made orthogonal to u = r y where that is a unit vector; along = <difference, y>.
template <typename Difference>
__device__ __forceinline__ void row_gradient(
    const Rows& of, int64_t v, int64_t i, float r, double factor, double pairs, double along, Difference difference) {
  const bool unit = of.how.normalize && !of.clamped(r);
  const float a = static_cast<float>(factor * r);
  const float correction = of.clamped(r) ? static_cast<float>(2 * pairs * of.how.scale * r * r) : 0.0f;
  const float b = (unit ? static_cast<float>(-along * factor * r * r * r) : 0.0f) - correction;
  const float* y = of.row(v, i);
  float* to = of.dy + (v * of.n + i) * of.d;
  for (int64_t k = threadIdx.x % 32; k < of.d; k += 32) to[k] = a * difference(k) + b * y[k];
}

template <typename Difference>
__device__ __forceinline__ double along_of(const Rows& of, const float* y, Difference difference) {
  double sum = 0;
  for (int64_t k = threadIdx.x % 32; k < of.d; k += 32) sum += static_cast<double>(difference(k)) * y[k];
  return tile::warp_sum(sum);
}

// Gradients of row i when only the earlier view of a pair moves, from the last view to the first; the row of the means
// then holds the sum of the views after v, each lane its own columns.
__device__ __forceinline__ void one_sided_gradients(const Rows& of, int64_t i) {
  float* later = of.mean + i * of.d;
  for (int64_t k = threadIdx.x % 32; k < of.d; k += 32) later[k] = 0;
  for (int64_t v = of.views - 1; v >= 0; --v) {
    const float* y = of.row(v, i);
    const float r = of.scales[i * of.views + v];
    const float pairs = static_cast<float>(of.views - 1 - v);
    const auto difference = [&](int64_t k) { return pairs * (r * y[k]) - later[k]; };
    row_gradient(of, v, i, r, 2 * of.how.scale, pairs, along_of(of, y, difference), difference);
    for (int64_t k = threadIdx.x % 32; k < of.d; k += 32) later[k] += r * y[k];
  }
}

// partial (n), and dy.
__global__ void __launch_bounds__(kThreads) compare_rows(Rows of) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / 32;
  if (i >= of.n) return;
  const double count = static_cast<double>(of.views);
  float* mean = of.mean + i * of.d;
  float* scales = of.scales + i * of.views;
  for (int64_t k = threadIdx.x % 32; k < of.d; k += 32) mean[k] = 0;
  for (int64_t v = 0; v < of.views; ++v) {
    const float* y = of.row(v, i);
    const float r = scale_of(of, y);
    if (threadIdx.x % 32 == 0) scales[v] = r;
    const float share = r / static_cast<float>(of.views);
    for (int64_t k = threadIdx.x % 32; k < of.d; k += 32) mean[k] += share * y[k];
  }
  __syncwarp();  // the scales are known to all lanes
  double sum = 0;
  for (int64_t v = 0; v < of.views; ++v) {
    const float* y = of.row(v, i);
    const float r = scales[v];
    const auto difference = [&](int64_t k) { return r * y[k] - mean[k]; };
    double squares = 0;
    for (int64_t k = threadIdx.x % 32; k < of.d; k += 32) {
      const float x = difference(k);
      squares += static_cast<double>(x) * x;
    }
    sum += count * tile::warp_sum(squares);
    if (of.clamped(r)) sum += (count - 1) * (1 - squared_norm(of.d, y) * r * r);
    if (of.dy == nullptr || of.how.one_sided) continue;
    row_gradient(of, v, i, r, 2 * count * of.how.scale, count - 1, along_of(of, y, difference), difference);
  }
  if (of.dy != nullptr && of.how.one_sided) one_sided_gradients(of, i);
  if (threadIdx.x % 32 == 0) of.partial[i] = sum;
}

__global__ void __launch_bounds__(kThreads)
    add_rows(int64_t n, const double* __restrict__ partial, double scale, bool add, double* loss) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kWarps);
  double sum = 0;
  for (int64_t i = threadIdx.x; i < n; i += kThreads) sum += partial[i];
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x == 0) loss[0] = add ? loss[0] + scale * sum : scale * sum;
}

__global__ void __launch_bounds__(kThreads)
    condemn_all(int64_t count, const BadPivot* __restrict__ bad, double* __restrict__ poison) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<int>(kWarps);
  int found = 0;
  for (int64_t i = threadIdx.x; i < count; i += kThreads) found += bad[i].column >= 0 ? 1 : 0;
  found = tile::block_sum(found, scratch);
  if (threadIdx.x == 0) poison[0] = found > 0 ? static_cast<double>(NAN) : 0.0;
}

// Calls run(addresses, how many) for groups of views.
template <typename From, typename Run>
void for_each_group(const Views& of, From address, Run run) {
  for (int64_t first = 0; first < of.views; first += kMostViews) {
    const int64_t count = of.views - first < kMostViews ? of.views - first : kMostViews;
    Addresses group = {};
    group.first = first;
    for (int64_t v = 0; v < count; ++v) address(group, v, first + v);
    run(group, static_cast<unsigned>(count));
  }
}

unsigned row_blocks(const Views& of) {
  const int64_t blocks = (of.n * of.d + kThreads - 1) / kThreads;
  return static_cast<unsigned>(blocks < 1024 ? blocks : 1024);
}

}  // namespace

void gather(const Views& of, const gramian_input* z, const int32_t* index, float* to) {
  for_each_group(
      of, [&](Addresses& group, int64_t at, int64_t v) { group.from[at] = z[v]; },
      [&](const Addresses& group, unsigned count) {
        launch(of.context->stream, {"w_mse_gather", dim3(row_blocks(of), count), kThreads}, gather_rows, of.n, of.d,
            group, index, to);
      });
}

void scatter(const Views& of, const float* dx, const int32_t* index, bool add, const double* poison,
    const gramian_output* gradients) {
  for_each_group(
      of, [&](Addresses& group, int64_t at, int64_t v) { group.to[at] = gradients[v]; },
      [&](const Addresses& group, unsigned count) {
        launch(of.context->stream, {"w_mse_scatter", dim3(row_blocks(of), count), kThreads}, scatter_rows, of.n, of.d,
            group, dx, index, add, poison);
      });
}

void compare(const Views& of, const Comparison& how, const float* y, float* dy, bool add, double* loss) {
  gramian_context* context = of.context;
  const Rows rows = {of.views, of.n, of.d, how, y, dy, context->scratch<float>(of.n * of.d),
      context->scratch<float>(of.n * of.views), context->scratch<double>(of.n)};
  launch(context->stream, {"w_mse_rows", static_cast<unsigned>((of.n + kWarps - 1) / kWarps), kThreads}, compare_rows,
      rows);
  launch(context->stream, {"w_mse_loss", 1, kThreads, tile::shared_bytes<double>(kWarps)}, add_rows, of.n, rows.partial,
      how.scale, add, loss);
}

void condemn(const Views& of, int64_t count, const BadPivot* bad, double* poison) {
  launch(of.context->stream, {"w_mse_condemn", 1, kThreads, tile::shared_bytes<int>(kWarps)}, condemn_all, count, bad,
      poison);
}

}  // namespace w_mse
}  // namespace gramian
