// Rows from the last to the first. Row i without its diagonal is x; u = x - beta e_(i-1) with beta = -sign(x_(i-1)) |x|
// makes H = I - tau u u^T, tau = 1 / (beta (beta - x_(i-1))), which takes x to beta e_(i-1). The block before it
// becomes
//   H A H = A - u w^T - w u^T,   w = p - tau/2 (p . u) u,   p = tau A u.
// A panel of 32 pairs u, w is kept (rows of `panel`: u, w, u again, so that [u w] and [w u] are both in one piece) and
// then subtracted at once; until then A u is corrected by the pairs: A u - U (W^T u) - W (U^T u).
#include "linalg/tridiagonal.h"

#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "linalg/tridiagonal_rows.h"

namespace gramian {
namespace {

constexpr int64_t kPanel = 32;  // reflections that are subtracted at once
constexpr int64_t kTile = 128;  // order of a tile of that product
constexpr int64_t kStrips = 8;  // parts of A u that threads share
constexpr int64_t kChunk = 64;  // elements of a unit of vector work

// One reduction, seen by one of its threads. All threads call the same methods in the same order.
class Reduction {
 public:
  Reduction(int thread, int threads, int64_t m, double* a, double* scratch)
      : thread_(thread), threads_(threads), m_(m), chunks_((m + kChunk - 1) / kChunk), a_(a), panel_(scratch),
        parts_(panel_ + 3 * kPanel * m), y_(parts_ + kStrips * m), dots_(y_ + m),
        sums_(dots_ + 2 * kPanel * chunks_), last_(sums_ + chunks_) {}

  static int64_t scratch(int64_t m) {
    const int64_t chunks = (m + kChunk - 1) / kChunk;
    return (3 * kPanel + kStrips + 1) * m + (2 * kPanel + 1) * chunks + 1;
  }

  void run(double* diagonal, double* beside) {
    int64_t i = m_ - 1;
    while (i > 0) {
      const int64_t count = std::min(kPanel, i);
      for (int64_t k = 0; k < count; ++k, --i) column(k, count, i, diagonal, beside);
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

  // Reflection k of the panel, of row i.
  void column(int64_t k, int64_t count, int64_t i, double* diagonal, double* beside) const {
    double* x = u(k);
    double* w = u(count + k);
    const int64_t chunks = (i + kChunk - 1) / kChunk;
    for_my_chunks(i + 1, [&](int64_t c, int64_t from, int64_t to) {
      sums_[c] = GRAMIAN_SIMD(reflect_row)(from, to, a_ + i * m_, k, u(0), u(count), m_, i, i - 1, x);
      if (from < i && i <= to) *last_ = x[i - 1];  // a copy, so that thread 0 may change x while others read it
    });
#pragma omp barrier
    const double tail = total(sums_, (i + kChunk) / kChunk);
    const double last = *last_;
    const double norm = std::sqrt(tail + last * last);
    const bool done = tail == 0;  // nothing to annihilate
    const double beta = done ? last : last > 0 ? -norm : norm;
    const double tau = done ? 0 : 1 / (beta * (beta - last));
    if (thread_ == 0) {
      diagonal[i] = x[i];
      beside[i - 1] = beta;
      x[i - 1] = last - beta;
    }
#pragma omp barrier
    multiply(k, count, i, x);
#pragma omp barrier
    double merged[2 * kPanel];
    merge_dots(2 * k, chunks, merged);
    for_my_chunks(i, [&](int64_t c, int64_t from, int64_t to) {
      for (int64_t s = 0; s < kStrips; ++s) {
        GRAMIAN_SIMD(add_part)(from, std::min(to, strip(s + 1, i)), 1, parts_ + s * m_, y_);
      }
      sums_[c] = GRAMIAN_SIMD(finish_product)(from, to, k, u(0), u(count), m_, merged, tau, y_, x, w);
    });
#pragma omp barrier
    const double along = total(sums_, chunks);
    for_my_chunks(i, [&](int64_t, int64_t from, int64_t to) {
      GRAMIAN_SIMD(add_part)(from, to, -0.5 * tau * along, x, w);
      std::copy(x + from, x + to, u(2 * count + k) + from);
    });
#pragma omp barrier
  }

  // First row of strip s of the triangle of order n: strips of the same area, in whole fours.
  static int64_t strip(int64_t s, int64_t n) {
    if (s == kStrips) return n;
    return static_cast<int64_t>(static_cast<double>(n) * std::sqrt(static_cast<double>(s) / kStrips)) / 4 * 4;
  }

  // y, parts: A x of the leading block of order n; dots of x with the pairs before it, by chunks.
  void multiply(int64_t k, int64_t count, int64_t n, const double* x) const {
    for (int64_t s = thread_; s < kStrips; s += threads_) {
      GRAMIAN_SIMD(symmetric_strip)(strip(s, n), strip(s + 1, n), a_, m_, x, y_, parts_ + s * m_);
    }
    for_my_chunks(n, [&](int64_t c, int64_t from, int64_t to) {
      GRAMIAN_SIMD(panel_dots)(from, to, k, u(0), u(count), m_, x, dots_ + 2 * kPanel * c);
    });
  }

  // A (n,n) -= U W^T + W U^T, lower tiles.
  void subtract(int64_t count, int64_t n) const {
    const int64_t side = (n + kTile - 1) / kTile;
    const auto ld = static_cast<blasint>(m_);
#pragma omp for schedule(dynamic, 1)
    for (int64_t t = 0; t < side * (side + 1) / 2; ++t) {
      int64_t row = 0;
      while ((row + 1) * (row + 2) / 2 <= t) ++row;
      const int64_t i = row * kTile;
      const int64_t j = (t - row * (row + 1) / 2) * kTile;
      cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, static_cast<blasint>(std::min(kTile, n - i)),
          static_cast<blasint>(std::min(kTile, n - j)), static_cast<blasint>(2 * count), -1, u(0) + i, ld,
          u(count) + j, ld, 1, a_ + i * m_ + j, ld);
    }
  }

  // Dots of x with the pairs, over all chunks.
  void merge_dots(int64_t count, int64_t chunks, double* merged) const {
    for (int64_t k = 0; k < count; ++k) {
      merged[k] = 0;
      for (int64_t c = 0; c < chunks; ++c) merged[k] += dots_[2 * kPanel * c + k];
    }
  }

  int thread_, threads_;
  int64_t m_, chunks_;
  double *a_, *panel_, *parts_, *y_, *dots_, *sums_, *last_;
};

}  // namespace

int64_t tridiagonal_scratch(int64_t m) { return Reduction::scratch(m); }

void tridiagonalize(int threads, int64_t m, double* a, double* scratch, double* diagonal, double* beside) {
  if (m == 0) return;
#pragma omp parallel num_threads(threads)
  Reduction(omp_get_thread_num(), omp_get_num_threads(), m, a, scratch).run(diagonal, beside);
}

}  // namespace gramian
