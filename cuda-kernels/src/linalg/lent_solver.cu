// Around a call of another library's solver: no matrix with NaN or an infinity reaches it (some of them never return),
// eigenvalues descend, and are NaN where the solver gave up, which it says on the device, where nobody waits for it;
// pivots are judged by the same rule as in losses/whitening_factor.h.
#include "linalg/lent_solver.h"

#include <float.h>

#include "gramian/solver.h"
#include "linalg/wide_product.h"
#include "tile/reduce.h"

namespace gramian {
namespace {

constexpr int kThreads = wide::kThreads;

struct Full {
  const double* values;
  int64_t n;
  __device__ __forceinline__ double at(int64_t entry, int64_t i, int64_t k) const {
    return values[(entry * n + i) * n + k];
  }
};

struct Packed {
  const double* values;
  int64_t n;
  __device__ __forceinline__ double at(int64_t entry, int64_t i, int64_t k) const {
    return values[entry * (n * (n + 1) / 2) + i * (i + 1) / 2 + k];
  }
};

// matrices (entries, n, n): the lower triangle in both, or the identity for one that is not finite; flags (entries): 1
// for those, else 0; info (entries): 0. Block: matrix.
template <typename Source>
__global__ void __launch_bounds__(kThreads)
    hand_over(int64_t n, Source source, double* __restrict__ matrices, double* __restrict__ flags,
        int32_t* __restrict__ info) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<int>(kThreads / 32);
  const int64_t entry = blockIdx.x;
  double* matrix = matrices + entry * n * n;
  int bad = 0;
  for (int64_t at = threadIdx.x; at < n * n; at += kThreads) {
    const int64_t i = at / n > at % n ? at / n : at % n;
    const int64_t k = at / n > at % n ? at % n : at / n;
    const double value = source.at(entry, i, k);
    if (!(fabs(value) <= DBL_MAX)) ++bad;
    matrix[at] = value;
  }
  bad = tile::block_all(bad, scratch, [](int x, int y) { return x + y; });
  if (threadIdx.x == 0) {
    flags[entry] = bad > 0 ? 1.0 : 0.0;
    info[entry] = 0;
  }
  if (bad == 0) return;
  for (int64_t at = threadIdx.x; at < n * n; at += kThreads) matrix[at] = at / n == at % n ? 1.0 : 0.0;
}

// values (entries, n) and, unless null, vectors (entries, n, n) from the largest; NaN where flagged or not solved.
__global__ void __launch_bounds__(kThreads)
    descend(int64_t entries, int64_t n, const double* __restrict__ flags, const int32_t* __restrict__ info,
        const double* __restrict__ ascending, const double* __restrict__ rows, double* __restrict__ values,
        double* __restrict__ vectors) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  const int64_t width = vectors == nullptr ? 1 : n;
  for (int64_t at = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; at < entries * n * width; at += stride) {
    const int64_t row = at / width;
    const int64_t entry = row / n;
    const int64_t mirrored = entry * n + (n - 1 - row % n);
    const bool good = flags[entry] == 0.0 && info[entry] == 0;
    if (at % width == 0) values[row] = good ? ascending[mirrored] : static_cast<double>(NAN);
    if (vectors != nullptr) vectors[at] = good ? rows[mirrored * n + at % width] : static_cast<double>(NAN);
  }
}

// w = the lower triangles of inverses; flags become 1 where a pivot 1 / W_jj^2 is not above n eps S_jj. Block: matrix.
__global__ void __launch_bounds__(kThreads)
    take_back(int64_t n, const double* __restrict__ inverses, Packed s, const int32_t* __restrict__ info,
        float* __restrict__ w, double* __restrict__ flags) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<int>(kThreads / 32);
  const int64_t entry = blockIdx.x;
  const double* inverse = inverses + entry * n * n;
  const double rounding = static_cast<double>(n) * DBL_EPSILON;
  int bad = 0;
  for (int64_t j = threadIdx.x; j < n; j += kThreads) {
    const double wjj = inverse[j * n + j];
    if (!(1 / (wjj * wjj) > rounding * s.at(entry, j, j))) ++bad;
  }
  for (int64_t at = threadIdx.x; at < n * n; at += kThreads) {
    w[entry * n * n + at] = at % n > at / n ? 0.0f : static_cast<float>(inverse[at]);
  }
  bad = tile::block_sum(bad, scratch);
  if (threadIdx.x == 0 && (bad > 0 || info[entry] != 0)) flags[entry] = 1.0;
}

// What the solver made of a copy of the matrices.
struct Solved {
  const double* matrices;
  const int32_t* info;
};

template <typename Source>
Solved solve(gramian_context* context, int32_t task, int64_t entries, int64_t n, const Source& source, double* flags,
    double* values) {
  double* matrices = context->scratch<double>(entries * n * n);
  int32_t* info = context->scratch<int32_t>(entries);
  launch(context->stream,
      {"solver_hand_over", static_cast<unsigned>(entries), kThreads, tile::shared_bytes<int>(kThreads / 32)},
      hand_over<Source>, n, source, matrices, flags, info);
  const LentSolver& solver = context->solver;
  const int32_t status = solver.solve(solver.state, task, entries, n, reinterpret_cast<int64_t>(matrices),
      reinterpret_cast<int64_t>(values), reinterpret_cast<int64_t>(info));
  if (status != 0) {
    GRAMIAN_FAIL(GRAMIAN_VENDOR_ERROR, "the lent solver returned " + std::to_string(status) + " for task " +
                                           std::to_string(task) + ", " + std::to_string(entries) +
                                           " matrices of order " + std::to_string(n));
  }
  return {matrices, info};
}

void eigen(gramian_context* context, int64_t entries, int64_t n, const double* a, double* values, double* vectors) {
  double* flags = context->scratch<double>(entries);
  double* ascending = context->scratch<double>(entries * n);
  const Solved solved = solve(context, vectors == nullptr ? GRAMIAN_SOLVE_EIGENVALUES : GRAMIAN_SOLVE_EIGENVECTORS,
      entries, n, Full{a, n}, flags, ascending);
  const int64_t work = entries * n * (vectors == nullptr ? 1 : n);
  launch(context->stream, {"solver_descend", wide::elementwise_blocks(work), kThreads}, descend, entries, n,
      flags, solved.info, ascending, solved.matrices, values, vectors);
}

}  // namespace

bool lent(const gramian_context* context, int64_t n) {
  return context->solver.solve != nullptr && n >= context->solver.from;
}

void lent_eigenvalues(gramian_context* context, int64_t entries, int64_t n, const double* a, double* values) {
  eigen(context, entries, n, a, values, nullptr);
}

void lent_eigenvectors(
    gramian_context* context, int64_t entries, int64_t n, const double* a, double* values, double* vectors) {
  eigen(context, entries, n, a, values, vectors);
}

void lent_inverse_factor(
    gramian_context* context, int64_t entries, int64_t n, const double* s, float* w, double* flags) {
  const Packed packed = {s, n};
  const Solved solved = solve(context, GRAMIAN_SOLVE_INVERSE_FACTOR, entries, n, packed, flags, nullptr);
  launch(context->stream,
      {"solver_take_back", static_cast<unsigned>(entries), kThreads, tile::shared_bytes<int>(kThreads / 32)},
      take_back, n, solved.matrices, packed, solved.info, w, flags);
}

}  // namespace gramian

gramian_status gramian_context_lend_solver(
    gramian_context* context, gramian_solve solve, int64_t state, int64_t from) {
  context->solver = {solve, state, from};
  return GRAMIAN_OK;
}
