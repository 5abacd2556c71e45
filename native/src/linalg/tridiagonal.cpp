// Rows from the last to the first. Row i without its diagonal is x; u = x - beta e_(i-1) with beta = -sign(x_(i-1)) |x|
// makes H = I - tau u u^T, tau = 1 / (beta (beta - x_(i-1))), which takes x to beta e_(i-1). The block before it
// becomes
//   H A H = A - u w^T - w u^T,   w = p - tau/2 (p . u) u,   p = tau A u.
// A panel of 16 pairs u, w is kept (rows of `panel`: u, w, u again, so that [u w] and [w u] are both in one piece) and
// then subtracted at once; until then A u is corrected by the pairs: A u - U (W^T u) - W (U^T u).
// Threads wait for each other twice a row, for x and for A x: A u is made of that, A x - beta A_(i-1), and so is p . u.
// Of w the next row needs the last element before it has the others; each thread computes it. What a thread subtracts
// from it reads next.
#include "linalg/tridiagonal.h"

#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "core/spin_barrier.h"
#include "linalg/tridiagonal_rows.h"

namespace gramian {
namespace {

constexpr int64_t kPanel = 16;  // reflections that are subtracted at once
constexpr int64_t kTile = 128;  // rows of a tile of that product
constexpr int64_t kStrips = 8;  // parts of A u that threads share
constexpr int64_t kChunk = 64;  // elements of a unit of vector work

// One reduction, seen by one of its threads. All threads call the same methods in the same order.
class Reduction {
 public:
  Reduction(int thread, int threads, SpinBarrier* barrier, int64_t m, double* a, double* scratch)
      : thread_(thread), threads_(threads), barrier_(barrier), m_(m), chunks_((m + kChunk - 1) / kChunk), a_(a),
        panel_(scratch), parts_(panel_ + 3 * kPanel * m), y_(parts_ + kStrips * m), dots_(y_ + m),
        tails_(dots_ + 2 * kPanel * chunks_), squares_(tails_ + chunks_) {}

  static int64_t scratch(int64_t m) {
    const int64_t chunks = (m + kChunk - 1) / kChunk;
    return (3 * kPanel + kStrips + 1) * m + (2 * kPanel + 1) * chunks + kStrips;
  }

  void run(double* diagonal, double* beside) {
    int64_t i = m_ - 1;
    while (i > 0) {
      const int64_t count = std::min(kPanel, i);
      for (int64_t k = 0; k < count; ++k, --i) column(k, count, i, diagonal, beside);
      meet();
      subtract(count, i + 1);
      meet();
    }
    if (thread_ == 0) diagonal[0] = a_[0];
  }

 private:
  void meet() { barrier_->wait(thread_, threads_); }

  double* u(int64_t k) const { return panel_ + k * m_; }
  double* part(int64_t strip) const { return parts_ + strip * m_; }

  template <typename Body>
  void for_my_chunks(int64_t end, Body body) const {
    const int64_t chunks = (end + kChunk - 1) / kChunk;
    for (int64_t c = chunks * thread_ / threads_; c < chunks * (thread_ + 1) / threads_; ++c) {
      body(c, c * kChunk, std::min(end, (c + 1) * kChunk));
    }
  }

  static double total(const double* sums, int64_t count) {
    double sum = 0;
    for (int64_t c = 0; c < count; ++c) sum += sums[c];
    return sum;
  }

  // Reflection k of the panel, of row i.
  void column(int64_t k, int64_t count, int64_t i, double* diagonal, double* beside) {
    double* x = u(k);
    const int64_t chunks = (i + kChunk - 1) / kChunk;
    double at_u[kPanel], at_w[kPanel];
    for (int64_t q = 0; q < k; ++q) {
      at_u[q] = q + 1 < k ? u(q)[i] : last_u_;
      at_w[q] = q + 1 < k ? u(count + q)[i] : last_w_;
    }
    for_my_chunks(i + 1, [&](int64_t c, int64_t from, int64_t to) {
      tails_[c] = GRAMIAN_SIMD(reflect_row)(from, to, a_ + i * m_, k, at_u, at_w, u(0), u(count), m_, i - 1, x);
    });
    meet();
    const double tail = total(tails_, (i + kChunk) / kChunk);
    const double last = x[i - 1];
    const double norm = std::sqrt(tail + last * last);
    const bool done = tail == 0;  // nothing to annihilate
    const double beta = done ? last : last > 0 ? -norm : norm;
    const double tau = done ? 0 : 1 / (beta * (beta - last));
    if (thread_ == 0) {
      diagonal[i] = x[i];
      beside[i - 1] = beta;
    }
    multiply(k, count, i, x);
    meet();
    const double* before = a_ + (i - 1) * m_;
    double dots[2 * kPanel];
    merge_dots(k, count, chunks, i - 1, beta, dots);
    // u . A u without the pairs, and the last elements of u and of p
    double square = total(squares_, kStrips) - beta * (2 * y_[i - 1] - beta * before[i - 1]);
    last_u_ = last - beta;
    last_w_ = y_[i - 1] - beta * before[i - 1];
    for (int64_t q = 0; q < k; ++q) {
      square -= 2 * dots[q] * dots[k + q];
      last_w_ -= u(q)[i - 1] * dots[k + q] + u(count + q)[i - 1] * dots[q];
    }
    const double half = 0.5 * tau * tau * square;
    last_w_ = tau * last_w_ - half * last_u_;
    for_my_chunks(i, [&](int64_t, int64_t from, int64_t to) {
      merge_parts(i, from, to);
      if (to == i) x[i - 1] = last_u_;
      std::copy(x + from, x + to, u(2 * count + k) + from);
      double* w = u(count + k);
      GRAMIAN_SIMD(finish_product)
      (from, to, k, u(0), u(count), m_, dots, tau, y_, part(kStrips - 1), -beta, before, -half, x, w);
    });
  }

  // First row of strip s of the triangle of order n: strips of the same area, in whole fours.
  static int64_t strip(int64_t s, int64_t n) {
    if (s == kStrips) return n;
    return static_cast<int64_t>(static_cast<double>(n) * std::sqrt(static_cast<double>(s) / kStrips)) / 4 * 4;
  }

  // Strips of a thread, side by side, so that it keeps its rows in its cache from panel to panel.
  int64_t first_strip(int thread) const { return kStrips * thread / threads_; }

  bool of_one_thread(int64_t first, int64_t last) const {
    for (int t = 0; t < threads_; ++t) {
      if (first_strip(t) <= first && last < first_strip(t + 1)) return true;
    }
    return false;
  }

  // Adds parts [from, to) of neighbours to neighbours until the last part has all: those that one thread has to begin
  // with, or the others. The order of the sum is that of a tree, whoever has what.
  void merge_parts(int64_t n, int64_t from, int64_t to) const {
    for (int64_t size = 2; size <= kStrips; size *= 2) {
      for (int64_t first = 0; first < kStrips; first += size) {
        if (!of_one_thread(first, first + size - 1)) add_part(first + size / 2 - 1, first + size - 1, n, from, to);
      }
    }
  }

  void add_part(int64_t left, int64_t right, int64_t n, int64_t from, int64_t to) const {
    GRAMIAN_SIMD(add_scaled)(from, std::min(to, strip(left + 1, n)), part(right), 1, part(left), part(right));
  }

  // y, parts: A x of the leading block of order n, and x . A x; dots of x with the pairs before it, by chunks.
  void multiply(int64_t k, int64_t count, int64_t n, const double* x) const {
    const int64_t mine = first_strip(thread_), end = first_strip(thread_ + 1);
    for (int64_t s = mine; s < end; ++s) {
      const int64_t from = strip(s, n), to = strip(s + 1, n);
      GRAMIAN_SIMD(symmetric_strip)(from, to, a_, m_, x, y_, part(s));
      double sum = 0;
      for (int64_t r = from; r < to; ++r) sum += x[r] * (2 * y_[r] - a_[r * m_ + r] * x[r]);
      squares_[s] = sum;
    }
    for (int64_t size = 2; size <= kStrips; size *= 2) {
      for (int64_t first = 0; first < kStrips; first += size) {
        const int64_t last = first + size - 1;
        if (mine <= first && last < end) add_part(first + size / 2 - 1, last, n, 0, n);
      }
    }
    for_my_chunks(n, [&](int64_t c, int64_t from, int64_t to) {
      GRAMIAN_SIMD(panel_dots)(from, to, k, u(0), u(count), m_, x, dots_ + 2 * kPanel * c);
    });
  }

  // A (n,n) -= U W^T + W U^T, lower tiles of the strips.
  void subtract(int64_t count, int64_t n) const {
    const auto ld = static_cast<blasint>(m_);
    for (int64_t s = first_strip(thread_); s < first_strip(thread_ + 1); ++s) {
      for (int64_t i = strip(s, n); i < strip(s + 1, n); i += kTile) {
        const int64_t rows = std::min(kTile, strip(s + 1, n) - i);
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, static_cast<blasint>(rows),
            static_cast<blasint>(i + rows), static_cast<blasint>(2 * count), -1, u(0) + i, ld, u(count), ld, 1,
            a_ + i * m_, ld);
      }
    }
  }

  // Dots of u = x - beta e_at with the pairs, over all chunks.
  void merge_dots(int64_t k, int64_t count, int64_t chunks, int64_t at, double beta, double* merged) const {
    for (int64_t q = 0; q < 2 * k; ++q) merged[q] = -beta * u(q < k ? q : count + q - k)[at];
    for (int64_t c = 0; c < chunks; ++c) {
      for (int64_t q = 0; q < 2 * k; ++q) merged[q] += dots_[2 * kPanel * c + q];
    }
  }

  int thread_, threads_;
  SpinBarrier* barrier_;
  int64_t m_, chunks_;
  double *a_, *panel_, *parts_, *y_, *dots_, *tails_, *squares_;
  double last_u_ = 0, last_w_ = 0;  // last elements of the pair before
};

}  // namespace

int64_t tridiagonal_scratch(int64_t m) { return Reduction::scratch(m); }

void tridiagonalize(int threads, int64_t m, double* a, double* scratch, double* diagonal, double* beside) {
  if (m == 0) return;
  SpinBarrier barrier(threads);
#pragma omp parallel num_threads(threads)
  Reduction(omp_get_thread_num(), omp_get_num_threads(), &barrier, m, a, scratch).run(diagonal, beside);
}

}  // namespace gramian
