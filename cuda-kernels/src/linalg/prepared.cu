// Row scales, column means and column squares of what spectra look at, in float64. Bytes: 4 n d for each that is asked.
#include "linalg/prepared.h"

#include "losses/columns.h"

namespace gramian {
namespace {

constexpr double kClamp = 1e-12;  // torch.nn.functional.normalize
constexpr int kRowThreads = 256;

// A warp a row.
__global__ void __launch_bounds__(kRowThreads)
    row_scales(int64_t rows, int64_t d, const float* __restrict__ z, double* __restrict__ scale) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (kRowThreads / 32) + threadIdx.x / 32;
  if (row >= rows) return;
  double sum = 0;
  for (int64_t k = threadIdx.x % 32; k < d; k += 32) sum += columns::squared(z[row * d + k]);
  const double norm = sqrt(tile::warp_sum(sum));
  if (threadIdx.x % 32 == 0) scale[row] = 1 / (norm < kClamp ? kClamp : norm);  // NaN stays NaN
}

// Blocks (32 columns, entry).
__global__ void __launch_bounds__(columns::kThreads) scaled_means(Prepared of, double* __restrict__ mean) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(columns::kThreads);
  const columns::Column c(of.d);
  const double sum = columns::sum_down(c, of.n, scratch, [&](int64_t i) { return of.at(blockIdx.y, i, c.j); });
  if (c.inside && c.warp == 0) mean[blockIdx.y * of.d + c.j] = sum / static_cast<double>(of.n);
}

__global__ void __launch_bounds__(columns::kThreads)
    prepared_squares(Prepared of, double divisor, double* __restrict__ sums) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(columns::kThreads);
  const columns::Column c(of.d);
  const double sum =
      columns::sum_down(c, of.n, scratch, [&](int64_t i) { return columns::squared(of.at(blockIdx.y, i, c.j)); });
  if (c.inside && c.warp == 0) sums[blockIdx.y * of.d + c.j] = divisor == 0 ? sum : sqrt(sum / divisor);
}

Grid column_grid(const char* name, const Prepared& of) {
  Grid grid = columns::grid(name, of.d);
  grid.blocks.y = static_cast<unsigned>(of.entries);
  return grid;
}

}  // namespace

Prepared prepare(gramian_context* context, int64_t entries, int64_t n, int64_t d, const float* z, bool normalize,
    bool center) {
  Prepared of = {entries, n, d, z, nullptr, nullptr};
  if (normalize) {
    double* scale = context->scratch<double>(entries * n);
    constexpr int64_t kRows = kRowThreads / 32;
    launch(context->stream, {"row_scales", static_cast<unsigned>((entries * n + kRows - 1) / kRows), kRowThreads},
        row_scales, entries * n, d, z, scale);
    of.scale = scale;
  }
  if (center && n > 0) {
    double* mean = context->scratch<double>(entries * d);
    launch(context->stream, column_grid("scaled_means", of), scaled_means, of, mean);
    of.mean = mean;
  }
  return of;
}

void column_squares_of(gramian_context* context, const Prepared& matrix, double divisor, double* sums) {
  launch(context->stream, column_grid("prepared_squares", matrix), prepared_squares, matrix, divisor, sums);
}

}  // namespace gramian
