// Rows from the last to the first. Row i without its diagonal is x; u = x - beta e_(i-1) with beta = -sign(x_(i-1)) |x|
// makes H = I - tau u u^T, tau = 1 / (beta (beta - x_(i-1))), which takes x to beta e_(i-1). The block before it
// becomes
//   H A H = A - u w^T - w u^T,   w = p - tau/2 (p . u) u,   p = tau A u.
// A panel of 32 pairs u, w is kept (rows of `panel`: u, w, u again, so that [u w] and [w u] are both in one piece) and
// then subtracted at once; until then A u is corrected by the pairs: A u - U (W^T u) - W (U^T u).
// Threads wait for each other three times a row: for x, for A x (A u is made of it, A x - beta A_(i-1), so that nobody
// waits for beta in place), and for p; the row after it turns p into w. What a thread subtracts from it reads next.
#include "linalg/tridiagonal.h"

#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "linalg/tridiagonal_rows.h"

namespace gramian {
namespace {

constexpr int64_t kPanel = 32;  // reflections that are subtracted at once
constexpr int64_t kTile = 128;  // rows of a tile of that product
constexpr int64_t kStrips = 8;  // parts of A u that threads share
constexpr int64_t kChunk = 64;  // elements of a unit of vector work

// One reduction, seen by one of its threads. All threads call the same methods in the same order.
class Reduction {
 public:
  Reduction(int thread, int threads, int64_t m, double* a, double* scratch)
      : thread_(thread), threads_(threads), m_(m), chunks_((m + kChunk - 1) / kChunk), a_(a), panel_(scratch),
        parts_(panel_ + 3 * kPanel * m), y_(parts_ + kStrips * m), p_(y_ + m), dots_(p_ + m),
        tails_(dots_ + 2 * kPanel * chunks_), sums_(tails_ + chunks_) {}

  static int64_t scratch(int64_t m) {
    const int64_t chunks = (m + kChunk - 1) / kChunk;
    return (3 * kPanel + kStrips + 2) * m + (2 * kPanel + 2) * chunks;
  }

  void run(double* diagonal, double* beside) {
    int64_t i = m_ - 1;
    while (i > 0) {
      const int64_t count = std::min(kPanel, i);
      for (int64_t k = 0; k < count; ++k, --i) column(k, count, i, diagonal, beside);
      finish(count, i + 1);
      subtract(count, i + 1);
    }
    if (thread_ == 0) diagonal[0] = a_[0];
  }

 private:
  double* u(int64_t k) const { return panel_ + k * m_; }

  template <typename Body>
  void for_my_chunks(int64_t end, Body body) const {
    const int64_t chunks = (end + kChunk - 1) / kChunk;
    for (int64_t c = chunks * thread_ / threads_; c < chunks * (thread_ + 1) / threads_; ++c) {
      body(c, c * kChunk, std::min(end, (c + 1) * kChunk));
    }
  }

  static double total(const double* sums, int64_t chunks) {
    double sum = 0;
    for (int64_t c = 0; c < chunks; ++c) sum += sums[c];
    return sum;
  }

  // Reflection k of the panel, of row i; the pair before it gets its w.
  void column(int64_t k, int64_t count, int64_t i, double* diagonal, double* beside) {
    double* x = u(k);
    const int64_t chunks = (i + kChunk - 1) / kChunk;
    double at_u[kPanel], at_w[kPanel];
    for (int64_t q = 0; q < k; ++q) {
      at_u[q] = u(q)[i];
      at_w[q] = q + 1 < k ? u(count + q)[i] : p_[i] - half_ * at_u[q];
    }
    for_my_chunks(i + 1, [&](int64_t c, int64_t from, int64_t to) {
      if (k > 0) GRAMIAN_SIMD(add_scaled)(from, to, p_, -half_, u(k - 1), u(count + k - 1));
      tails_[c] = GRAMIAN_SIMD(reflect_row)(from, to, a_ + i * m_, k, at_u, at_w, u(0), u(count), m_, i - 1, x);
    });
#pragma omp barrier
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
#pragma omp barrier
    double dots[2 * kPanel];
    merge_dots(k, count, chunks, i - 1, beta, dots);
    for_my_chunks(i, [&](int64_t c, int64_t from, int64_t to) {
      for (int64_t s = 0; s < kStrips; ++s) {
        GRAMIAN_SIMD(add_scaled)(from, std::min(to, strip(s + 1, i)), y_, 1, parts_ + s * m_, y_);
      }
      GRAMIAN_SIMD(add_scaled)(from, to, y_, -beta, a_ + (i - 1) * m_, y_);
      if (to == i) x[i - 1] = last - beta;
      std::copy(x + from, x + to, u(2 * count + k) + from);
      sums_[c] = GRAMIAN_SIMD(finish_product)(from, to, k, u(0), u(count), m_, dots, tau, y_, x, p_);
    });
#pragma omp barrier
    half_ = 0.5 * tau * total(sums_, chunks);
  }

  // w of the last pair of a panel, whose vectors have n elements.
  void finish(int64_t count, int64_t n) const {
    for_my_chunks(n, [&](int64_t, int64_t from, int64_t to) {
      GRAMIAN_SIMD(add_scaled)(from, to, p_, -half_, u(count - 1), u(2 * count - 1));
    });
#pragma omp barrier
  }

  // First row of strip s of the triangle of order n: strips of the same area, in whole fours.
  static int64_t strip(int64_t s, int64_t n) {
    if (s == kStrips) return n;
    return static_cast<int64_t>(static_cast<double>(n) * std::sqrt(static_cast<double>(s) / kStrips)) / 4 * 4;
  }

  // Strips of this thread, side by side, so that a thread keeps its rows in its cache from panel to panel.
  int64_t first_strip(int thread) const { return kStrips * thread / threads_; }

  // y, parts: A x of the leading block of order n; dots of x with the pairs before it, by chunks.
  void multiply(int64_t k, int64_t count, int64_t n, const double* x) const {
    for (int64_t s = first_strip(thread_); s < first_strip(thread_ + 1); ++s) {
      GRAMIAN_SIMD(symmetric_strip)(strip(s, n), strip(s + 1, n), a_, m_, x, y_, parts_ + s * m_);
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
#pragma omp barrier
  }

  // Dots of u = x - beta e_at with the pairs, over all chunks.
  void merge_dots(int64_t k, int64_t count, int64_t chunks, int64_t at, double beta, double* merged) const {
    for (int64_t q = 0; q < 2 * k; ++q) {
      merged[q] = -beta * u(q < k ? q : count + q - k)[at];
      for (int64_t c = 0; c < chunks; ++c) merged[q] += dots_[2 * kPanel * c + q];
    }
  }

  int thread_, threads_;
  int64_t m_, chunks_;
  double *a_, *panel_, *parts_, *y_, *p_, *dots_, *tails_, *sums_;
  double half_ = 0;  // tau/2 (p . u) of the last pair
};

}  // namespace

int64_t tridiagonal_scratch(int64_t m) { return Reduction::scratch(m); }

void tridiagonalize(int threads, int64_t m, double* a, double* scratch, double* diagonal, double* beside) {
  if (m == 0) return;
#pragma omp parallel num_threads(threads)
  Reduction(omp_get_thread_num(), omp_get_num_threads(), m, a, scratch).run(diagonal, beside);
}

}  // namespace gramian
