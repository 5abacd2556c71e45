// Cyclic Jacobi rotations in parallel (Golub and Van Loan 8.5.6), one block per matrix. With N = n rounded up to even a
// sweep is N - 1 rounds of N / 2 disjoint pairs (a round-robin tournament); in a round a thread owns whole 2 x 2 blocks
// (pair k, pair l) of the matrix, so that the rows and columns of all pairs turn at once, with no barrier between them.
//
// The lower triangle is packed by rows: N (N + 1) / 2 doubles, in shared memory up to n = 180 and in device memory
// above; the vectors are rows in device memory. A sweep is 4 n^3 FLOP (vectors 3 n^3 of it); 6 to 10 sweeps. A pair
// rests once |a_pq| <= 1e-16 sqrt(a_pp a_qq): small eigenvalues of a graded matrix keep their digits.
#include "linalg/jacobi.h"

#include <float.h>

#include "linalg/lent_solver.h"
#include "tile/reduce.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kLargestShared = 180;  // 16290 doubles: below the 163 KiB of sm_80
constexpr int kMostSweeps = 30;          // quadratic convergence sets in after 3 to 5

__host__ __device__ constexpr int64_t packed(int64_t i, int64_t k) { return i * (i + 1) / 2 + k; }

__device__ __forceinline__ int64_t at(int i, int k) { return i > k ? packed(i, k) : packed(k, i); }

// The k-th pair of a round among N players: the last one stays, the others go round.
struct Pair {
  int p, q;
};

__device__ __forceinline__ Pair pair_of(int k, int round, int players) {
  const int ring = players - 1;
  if (k == 0) return {round, ring};
  return {(round + k) % ring, (round + ring - k) % ring};
}

// What makes a_pq zero: rows x' = c x - s y, y' = s x + c y. t a_pq moves from one diagonal entry to the other.
struct Rotation {
  double c, s, t;
};

__device__ __forceinline__ Rotation rotation(double pp, double qq, double pq) {
  if (!(fabs(pq) > 0.5 * DBL_EPSILON * sqrt(fabs(pp)) * sqrt(fabs(qq))) || fabs(pq) < DBL_MIN) return {1, 0, 0};
  const double tau = (qq - pp) / (2 * pq);
  const double t = copysign(1 / (fabs(tau) + sqrt(1 + tau * tau)), tau);
  const double c = 1 / sqrt(1 + t * t);
  return {c, t * c, t};
}

template <typename Triangle, typename Vector>
struct Sweeps {
  Triangle a;
  Vector c, s;  // (N / 2) of the round
  double* vectors;
  int n, players;

  // The rotations of a round, and what they do to their own 2 x 2 blocks. Returns how many of this thread turn.
  __device__ __forceinline__ int choose(int round) {
    int turns = 0;
    for (int k = static_cast<int>(threadIdx.x); k < players / 2; k += kThreads) {
      const Pair own = pair_of(k, round, players);
      const double pq = a[at(own.p, own.q)];
      const Rotation r = rotation(a[at(own.p, own.p)], a[at(own.q, own.q)], pq);
      c[k] = r.c;
      s[k] = r.s;
      if (r.s == 0) continue;
      ++turns;
      a[at(own.p, own.p)] = static_cast<double>(a[at(own.p, own.p)]) - r.t * pq;
      a[at(own.q, own.q)] = static_cast<double>(a[at(own.q, own.q)]) + r.t * pq;
      a[at(own.p, own.q)] = 0;
    }
    return turns;
  }

  // The blocks between pairs k < l, turned by the rows of k and the columns of l.
  __device__ __forceinline__ void turn_matrix(int round) {
    const int pairs = players / 2;
    for (int index = static_cast<int>(threadIdx.x); index < pairs * pairs; index += kThreads) {
      const int k = index / pairs;
      const int l = index % pairs;
      const double ck = c[k], sk = s[k], cl = c[l], sl = s[l];
      if (k >= l || (sk == 0 && sl == 0)) continue;
      const Pair row = pair_of(k, round, players);
      const Pair column = pair_of(l, round, players);
      const double pp = a[at(row.p, column.p)], pq = a[at(row.p, column.q)];
      const double qp = a[at(row.q, column.p)], qq = a[at(row.q, column.q)];
      const double up = ck * pp - sk * qp, uq = ck * pq - sk * qq;
      const double down = sk * pp + ck * qp, right = sk * pq + ck * qq;
      a[at(row.p, column.p)] = cl * up - sl * uq;
      a[at(row.p, column.q)] = sl * up + cl * uq;
      a[at(row.q, column.p)] = cl * down - sl * right;
      a[at(row.q, column.q)] = sl * down + cl * right;
    }
  }

  __device__ __forceinline__ void turn_vectors(int round) {
    const int pairs = players / 2;
    for (int index = static_cast<int>(threadIdx.x); index < pairs * n; index += kThreads) {
      const int k = index / n;
      const int64_t j = index % n;
      const double ck = c[k], sk = s[k];
      if (sk == 0) continue;  // the player that fills up an odd n never turns
      const Pair own = pair_of(k, round, players);
      double* x = vectors + static_cast<int64_t>(own.p) * n + j;
      double* y = vectors + static_cast<int64_t>(own.q) * n + j;
      const double first = *x;
      const double second = *y;
      *x = ck * first - sk * second;
      *y = sk * first + ck * second;
    }
  }

  // Until nothing turns in a whole sweep.
  __device__ __forceinline__ void run(tile::Shared<int> scratch) {
    for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
      int turns = 0;
      for (int round = 0; round < players - 1; ++round) {
        turns += choose(round);
        __syncthreads();  // the rotations of the round are known
        turn_matrix(round);
        turn_vectors(round);
        __syncthreads();  // the next round reads what this one turned
      }
      turns = tile::block_sum(turns, scratch);
      if (threadIdx.x == 0) scratch[kThreads / 32] = turns;
      __syncthreads();  // all leave together
      const int all = scratch[kThreads / 32];
      __syncthreads();  // scratch is free again
      if (all == 0) return;
    }
  }
};

// Values in descending order, ties by index, and the vectors behind them.
template <typename Triangle, typename Vector>
__device__ __forceinline__ void write_sorted(
    int n, Triangle a, Vector order, const double* turned, double* values, double* vectors) {
  for (int i = static_cast<int>(threadIdx.x); i < n; i += kThreads) {
    const double value = a[at(i, i)];
    int rank = 0;
    for (int k = 0; k < n; ++k) {
      const double other = a[at(k, k)];
      if (other > value || (other == value && k < i)) ++rank;
    }
    values[rank] = value;
    order[rank] = static_cast<double>(i);
  }
  __syncthreads();  // the order is known
  for (int64_t index = threadIdx.x; index < static_cast<int64_t>(n) * n; index += kThreads) {
    const int64_t from = static_cast<int64_t>(static_cast<double>(order[index / n]));
    vectors[index] = turned[from * n + index % n];
  }
}

// triangle (entries, packed(N)) and turned (entries, n, n) are scratch; triangle is null when it is in shared memory.
template <bool kShared>
__global__ void __launch_bounds__(kThreads)
    rotate(int n, const double* __restrict__ given, double* triangle, double* turned, double* __restrict__ values,
        double* __restrict__ vectors) {
  tile::SharedMemory memory;
  const int players = n + n % 2;
  const auto scratch = memory.take<int>(kThreads / 32 + 1);
  const auto c = memory.take<double>(players);
  const auto s = memory.take<double>(players);
  const int64_t entry = blockIdx.x;
  const int64_t size = static_cast<int64_t>(n) * n;
  given += entry * size;
  turned += entry * size;
  const auto body = [&](auto a) {
    int bad = 0;
    for (int i = static_cast<int>(threadIdx.x / 32); i < players; i += kThreads / 32) {
      for (int k = static_cast<int>(threadIdx.x % 32); k <= i; k += 32) {
        const double value = i < n ? given[static_cast<int64_t>(i) * n + k] : 0.0;
        if (!(fabs(value) <= DBL_MAX)) ++bad;
        a[at(i, k)] = value;
      }
    }
    for (int64_t index = threadIdx.x; index < size; index += kThreads) {
      turned[index] = index / n == index % n ? 1.0 : 0.0;
    }
    bad = tile::block_sum(bad, scratch);
    if (threadIdx.x == 0) scratch[kThreads / 32] = bad;
    __syncthreads();  // the matrix is whole, and all know whether it is finite
    const int not_finite = scratch[kThreads / 32];
    if (not_finite > 0) {
      for (int64_t index = threadIdx.x; index < size; index += kThreads) vectors[entry * size + index] = NAN;
      for (int i = static_cast<int>(threadIdx.x); i < n; i += kThreads) values[entry * n + i] = NAN;
      return;
    }
    __syncthreads();  // scratch is free again
    Sweeps<decltype(a), tile::Shared<double>>{a, c, s, turned, n, players}.run(scratch);
    write_sorted(n, a, c, turned, values + entry * n, vectors + entry * size);
  };
  if constexpr (kShared) {
    body(memory.take<double>(packed(players, 0)));
  } else {
    body(triangle + entry * packed(players, 0));
  }
}

}  // namespace

void symmetric_eigenvectors(
    gramian_context* context, int64_t entries, int64_t n, const double* a, double* values, double* vectors) {
  if (entries == 0 || n == 0) return;
  if (lent(context, n)) return lent_eigenvectors(context, entries, n, a, values, vectors);
  const int64_t players = n + n % 2;
  const bool shared = n <= kLargestShared;
  double* turned = context->scratch<double>(entries * n * n);
  double* triangle = shared ? nullptr : context->scratch<double>(entries * packed(players, 0));
  const size_t bytes = tile::shared_bytes<int>(kThreads / 32 + 1) + 2 * tile::shared_bytes<double>(players) +
                       (shared ? tile::shared_bytes<double>(packed(players, 0)) : 0);
  const Grid grid = {"eigenvectors_jacobi", static_cast<unsigned>(entries), kThreads, bytes};
  if (shared) {
    launch(context->stream, grid, rotate<true>, static_cast<int>(n), a, triangle, turned, values, vectors);
  } else {
    launch(context->stream, grid, rotate<false>, static_cast<int>(n), a, triangle, turned, values, vectors);
  }
}

}  // namespace gramian
