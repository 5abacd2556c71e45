// Passes down the columns of a matrix, for the statistics and losses on features. A block has 32 neighbouring columns,
// a warp every 16th row: each access of a warp is one line of 128 bytes. Sums run in float64.
#pragma once

#include "core/context.h"
#include "tile/reduce.h"

namespace gramian {
namespace columns {

constexpr int kWarps = 16;
constexpr int kThreads = 32 * kWarps;

// Blocks for d columns.
inline Grid grid(const char* name, int64_t d) {
  return {name, static_cast<unsigned>((d + 31) / 32), kThreads, tile::shared_bytes<double>(kThreads)};
}

// This thread's column, and whether it is one; its first row is its warp.
struct Column {
  int64_t j;
  bool inside;
  int warp;
  __device__ __forceinline__ explicit Column(int64_t d)
      : j(static_cast<int64_t>(blockIdx.x) * 32 + threadIdx.x % 32), inside(j < d),
        warp(static_cast<int>(threadIdx.x / 32)) {}
};

// Sum over the column of term(row), to all threads of it; 0 outside of the matrix.
template <typename Term>
__device__ __forceinline__ double sum_down(const Column& c, int64_t n, tile::Shared<double> scratch, Term term) {
  double sum = 0;
  if (c.inside) {
    for (int64_t i = c.warp; i < n; i += kWarps) sum += term(i);
  }
  return tile::column_sum<kWarps>(sum, scratch);
}

__device__ __forceinline__ double squared(double x) { return x * x; }

// u (n, ld) = (z - mean) rstd, mean (d), rstd (d) of z (n, d); zeros in the columns from d to ld. u may be z if ld = d.
// ratio null: rstd = 1 / sqrt(biased variance + eps). Otherwise rstd = 1 / (unbiased deviation + eps), and ratio (d)
// receives the factor of mean(du o u) in its derivative: n / ((n - 1) rstd deviation), 0 for a constant column.
void standardize(gramian_context* context, int64_t n, int64_t d, const float* z, float eps, int64_t ld, float* u,
    float* mean, float* rstd, float* ratio);
// u (n, ld) = z - mean, mean (d), variance (d) with divisor n - 1; zeros in the columns from d to ld.
void center(gramian_context* context, int64_t n, int64_t d, const float* z, int64_t ld, float* u, float* mean,
    double* variance);

}  // namespace columns
}  // namespace gramian
