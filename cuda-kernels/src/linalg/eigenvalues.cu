// Eigenvalues alone: Householder to tridiagonal form (Golub and Van Loan 8.3.1), then bisection by Sturm counts
// (8.4.1).
//
// One launch removes one column of all matrices of the batch. The reflector H = I - tau v v^T of a column turns A into
// A - v w^T - w v^T with p = A v, w = tau p - (tau^2 <p, v> / 2) v. Launch k has v and p of column k - 1: each block
// makes w and the new column k from them by itself, and so its reflector; then it updates its own rows of A and
// multiplies them with the new v on the way, so that A is read and written once a column. Row k is read by all and
// written by none. 4/3 n^3 FLOP, 16 n^3 / 3 bytes, out of the second level cache up to n = 2000. Bisection: a thread an
// eigenvalue, up to 64 counts of n divisions. Error: a few n times 1e-16 of the largest value.
#include "linalg/eigenvalues.h"

#include <float.h>

#include "linalg/lent_solver.h"
#include "tile/reduce.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;
constexpr int kRows = 16;  // of a block: two a warp; O(n) work of each block is repeated by the others

struct Reduction {
  int n;
  double* a;         // (entries, n, n)
  double* v;         // (entries, 2, n): by turns, from column k + 1 on
  double* p;         // (entries, 2, n)
  double* tau;       // (entries, n)
  double* diagonal;  // (entries, n)
  double* beside;    // (entries, n): beside[k] stands between k and k + 1

  __device__ __forceinline__ int64_t turn(int k) const { return (2 * static_cast<int64_t>(blockIdx.y) + k % 2) * n; }
};

// v, w of the column before, element by element; null for the first column.
struct Previous {
  const double* reflector;
  const double* p;
  double tau, along;  // along = tau^2 <p, v> / 2
  __device__ __forceinline__ double v(int j) const { return reflector == nullptr ? 0.0 : reflector[j]; }
  __device__ __forceinline__ double w(int j) const {
    return reflector == nullptr ? 0.0 : tau * p[j] - along * reflector[j];
  }
};

__device__ __forceinline__ double sum_for_all(double x, tile::Shared<double> scratch) {
  const double sum = tile::block_sum(x, scratch);
  if (threadIdx.x == 0) scratch[kWarps] = sum;
  __syncthreads();  // all read what thread 0 has summed
  const double result = scratch[kWarps];
  __syncthreads();  // scratch is free again
  return result;
}

// The column k of the updated matrix and its reflector.
struct Column {
  const double* row;  // row k of A, without the last update
  double vk, wk;
  double scale;  // of the entries below k + 1; 0: nothing to remove
  int k;

  __device__ __forceinline__ double updated(const Previous& last, int j) const {
    return row[j] - (last.v(j) * wk + last.w(j) * vk);
  }
  __device__ __forceinline__ double v(const Previous& last, int j) const {
    return j == k + 1 ? 1.0 : scale * updated(last, j);
  }
};

// Grid (row blocks, entries).
__global__ void __launch_bounds__(kThreads) remove_column(Reduction of, int k) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kWarps + 1);
  const int n = of.n;
  const int64_t vector = static_cast<int64_t>(blockIdx.y) * n;
  Previous last = {k == 0 ? nullptr : of.v + of.turn(k + 1), of.p + of.turn(k + 1), 0, 0};
  double sum = 0;
  for (int j = k + static_cast<int>(threadIdx.x); j < n && k > 0; j += kThreads) sum += last.p[j] * last.v(j);
  sum = sum_for_all(sum, scratch);
  last.tau = k == 0 ? 0.0 : of.tau[vector + k - 1];
  last.along = last.tau * last.tau * sum / 2;
  Column column = {of.a + (vector + k) * n, last.v(k), last.w(k), 0, k};
  double squares = 0;
  for (int j = k + 2 + static_cast<int>(threadIdx.x); j < n; j += kThreads) {
    const double x = column.updated(last, j);
    squares += x * x;
  }
  squares = sum_for_all(squares, scratch);
  const double alpha = k + 1 < n ? column.updated(last, k + 1) : 0.0;
  const double length = sqrt(alpha * alpha + squares);
  // NaN takes the branch that keeps it
  const double beta = squares == 0 ? alpha : -copysign(length, alpha);
  column.scale = squares == 0 ? 0.0 : 1 / (alpha - beta);
  if (blockIdx.x == 0) {
    for (int j = k + 1 + static_cast<int>(threadIdx.x); j < n; j += kThreads) {
      of.v[of.turn(k) + j] = column.v(last, j);
    }
    if (threadIdx.x == 0) {
      of.tau[vector + k] = squares == 0 ? 0.0 : 1 - alpha / beta;
      of.diagonal[vector + k] = column.updated(last, k);
      of.beside[vector + k] = beta;
    }
  }
  const int first = k + 1 + static_cast<int>(blockIdx.x * kRows + threadIdx.x / 32);
  for (int i = first; i < n && i < first + kRows; i += kWarps) {
    double* row = of.a + (vector + i) * n;
    const double vi = last.v(i);
    const double wi = last.w(i);
    double product = 0;
#pragma unroll 1  // more registers would spill
    for (int j = k + 1 + static_cast<int>(threadIdx.x % 32); j < n; j += 32) {
      const double x = row[j] - (vi * last.w(j) + wi * last.v(j));
      row[j] = x;
      product += x * column.v(last, j);
    }
    product = tile::warp_sum(product);
    if (threadIdx.x % 32 == 0) of.p[of.turn(k) + i] = product;
  }
}

constexpr int kSearchThreads = 64;
constexpr int kMostSteps = 128;  // halvings; from the bounds to an ulp are about 64

// values[entry n + r]: the r-th largest. Counts of eigenvalues below x are the negative pivots of T - x I.
__global__ void __launch_bounds__(kSearchThreads) bisect(
    int64_t n, const double* __restrict__ diagonal, const double* __restrict__ beside, double* __restrict__ values) {
  const int64_t entry = blockIdx.y;
  const int64_t rank = static_cast<int64_t>(blockIdx.x) * kSearchThreads + threadIdx.x;
  if (rank >= n) return;
  const double* d = diagonal + entry * n;
  const double* e = beside + entry * n;
  double low = d[0];
  double high = d[0];
  double smallest = DBL_MIN;
  bool finite = true;
  for (int64_t i = 0; i < n; ++i) {  // Gershgorin's circles
    const double left = i > 0 ? fabs(e[i - 1]) : 0.0;
    const double right = i + 1 < n ? fabs(e[i]) : 0.0;
    low = fmin(low, d[i] - left - right);
    high = fmax(high, d[i] + left + right);
    smallest = fmax(smallest, DBL_MIN * right * right);
    finite = finite && fabs(d[i]) <= DBL_MAX && right <= DBL_MAX;
  }
  const double width = fmax(fabs(low), fabs(high));
  low -= 2 * DBL_EPSILON * static_cast<double>(n) * width;  // rounding of the counts
  high += 2 * DBL_EPSILON * static_cast<double>(n) * width;
  // far below what the reduction leaves of an eigenvalue of 0
  const double enough = 1e-4 * DBL_EPSILON * width;
  const int64_t wanted = n - 1 - rank;  // in ascending order
  for (int step = 0; step < kMostSteps; ++step) {
    const double middle = low + (high - low) / 2;
    if (high - low <= enough || middle <= low || middle >= high) break;
    int64_t count = 0;
    double pivot = 1;
    for (int64_t i = 0; i < n; ++i) {
      const double square = i == 0 ? 0.0 : e[i - 1] * e[i - 1];
      pivot = d[i] - middle - square / pivot;
      if (fabs(pivot) < smallest) pivot = -smallest;
      if (pivot < 0) ++count;
    }
    if (count > wanted) {
      high = middle;
    } else {
      low = middle;
    }
  }
  values[entry * n + rank] = finite ? low + (high - low) / 2 : static_cast<double>(NAN);
}

}  // namespace

void symmetric_eigenvalues(gramian_context* context, int64_t entries, int64_t n, double* a, double* values) {
  if (entries == 0 || n == 0) return;
  if (lent(context, n)) return lent_eigenvalues(context, entries, n, a, values);
  const Reduction of = {static_cast<int>(n), a, context->scratch<double>(2 * entries * n),
      context->scratch<double>(2 * entries * n), context->scratch<double>(entries * n),
      context->scratch<double>(entries * n), context->scratch<double>(entries * n)};
  const unsigned batch = static_cast<unsigned>(entries);
  for (int k = 0; k < n; ++k) {
    const int64_t rows = n - 1 - k;
    const unsigned blocks = static_cast<unsigned>(rows == 0 ? 1 : (rows + kRows - 1) / kRows);
    launch(context->stream,
        {"eigenvalues_column", dim3(blocks, batch), kThreads, tile::shared_bytes<double>(kWarps + 1)}, remove_column,
        of, k);
  }
  const unsigned blocks = static_cast<unsigned>((n + kSearchThreads - 1) / kSearchThreads);
  launch(context->stream, {"eigenvalues_bisect", dim3(blocks, batch), kSearchThreads}, bisect, n, of.diagonal,
      of.beside, values);
}

}  // namespace gramian
