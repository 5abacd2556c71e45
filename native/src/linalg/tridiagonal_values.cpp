// Rows that touch no other are eigenvalues as they stand. The others are scaled by a power of two, so that their norm
// is below 1. Sequences at as many points as there are eigenvalues, evenly across [-1, 1], give each eigenvalue a
// bracket; it is halved until it holds no other, and then cut by the ITP method (Oliveira and Takahashi 2020), which
// interpolates the characteristic polynomial linearly where that is better than halving and never needs more than one
// cut more. Eigenvalues that stay together are halved to the end.
#include "linalg/tridiagonal_values.h"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "linalg/sturm.h"

namespace gramian {
namespace {

constexpr double kWidth = 0x1p-53;  // of the last bracket: the distance of float64 numbers below 1
constexpr double kSlack = 0.2;      // kappa_1 of the ITP method, with kappa_2 = 2 and n_0 = 1

// The characteristic polynomial at x, and the eigenvalues below x.
struct Point {
  double x;
  int64_t below;
  double value;      // times 2^exponent; 0 if it was not computed
  int64_t exponent;
};

// Where eigenvalue `index` is: index of lo.below or more are below lo, hi.below more than it below hi.
struct Bracket {
  int64_t index;
  Point lo, hi;
  double single = 0;  // its width when it held this eigenvalue alone; 0 before
  double reach = 0;   // the widest that halving alone would have left by now

  double width() const { return hi.x - lo.x; }
  double middle() const { return 0.5 * (lo.x + hi.x); }
  bool done() const { return !(width() > kWidth); }

  double next_cut() {
    const bool alone = lo.below == index && hi.below == index + 1 && lo.value != 0 && hi.value != 0;
    if (!alone) return middle();
    if (single == 0) {
      single = width();
      reach = 2 * single;
    }
    reach *= 0.5;
    const double ratio = std::ldexp(std::abs(hi.value / lo.value), static_cast<int>(hi.exponent - lo.exponent));
    const double zero = lo.x + width() / (1 + ratio);
    const double side = middle() > zero ? 1 : -1;
    const double push = std::max(kSlack * width() * width() / single, kWidth);
    const double pushed = push <= std::abs(middle() - zero) ? zero + side * push : middle();
    const double freedom = std::max(reach - 0.5 * width(), 0.0);
    return std::abs(pushed - middle()) <= freedom ? pushed : middle() - side * freedom;
  }

  void cut(const Point& at) { (at.below > index ? hi : lo) = at; }
};

// The rows that touch others.
class Matrix {
 public:
  // The entries of the other rows, each an eigenvalue as it stands, go to `alone`.
  Matrix(int64_t m, const double* diagonal, const double* beside, double* scratch, double* alone)
      : d_(scratch), squares_(scratch + m) {
    double norm = 0;
    for (int64_t i = 0; i < m; ++i) {
      const double left = i > 0 ? std::abs(beside[i - 1]) : 0;
      const double right = i + 1 < m ? std::abs(beside[i]) : 0;
      if (left == 0 && right == 0) {
        *alone++ = diagonal[i];
        continue;
      }
      norm = std::max(norm, std::abs(diagonal[i]) + left + right);
      d_[order_] = diagonal[i];
      squares_[order_++] = right;
    }
    std::frexp(norm, &exponent_);
    for (int64_t i = 0; i < order_; ++i) {
      d_[i] = std::ldexp(d_[i], -exponent_);
      const double e = std::ldexp(squares_[i], -exponent_);
      squares_[i] = std::max(e * e, kSmallestSquare);
    }
  }

  int64_t order() const { return order_; }

  void evaluate(int64_t count, Point* points) const {
    double x[kSturmPoints], value[kSturmPoints];
    int64_t below[kSturmPoints], exponent[kSturmPoints];
    for (int64_t k = 0; k < kSturmPoints; ++k) x[k] = points[std::min(k, count - 1)].x;
    GRAMIAN_SIMD(sturm_sequence)(order_, d_, squares_, x, below, value, exponent);
    for (int64_t k = 0; k < count; ++k) points[k] = {x[k], below[k], value[k], exponent[k]};
  }

  double unscaled(double value) const { return std::ldexp(value, exponent_); }

 private:
  int64_t order_ = 0;
  double *d_, *squares_;
  int exponent_ = 0;
};

// The points of the grid that have an eigenvalue between them.
Bracket around(const Point* grid, int64_t m, int64_t index) {
  const Point* hi = std::partition_point(grid, grid + m, [&](const Point& p) { return p.below <= index; });
  return {index, hi == grid ? Point{-1, 0, 0, 0} : *(hi - 1), hi == grid + m ? Point{1, m, 0, 0} : *hi};
}

// Eigenvalues [first, end). As many brackets as there are points are cut at a time; one that is done gives its place to
// the next eigenvalue.
void refine(const Matrix& matrix, const Point* grid, int64_t first, int64_t end, double* values) {
  Bracket brackets[kSturmPoints];
  Point points[kSturmPoints];
  int64_t open = 0;
  while (true) {
    for (; open < kSturmPoints && first < end; ++first) brackets[open++] = around(grid, matrix.order(), first);
    if (open == 0) return;
    for (int64_t k = 0; k < open; ++k) points[k].x = brackets[k].next_cut();
    matrix.evaluate(open, points);
    int64_t kept = 0;
    for (int64_t k = 0; k < open; ++k) {
      brackets[k].cut(points[k]);
      if (brackets[k].done()) {
        values[brackets[k].index] = matrix.unscaled(brackets[k].middle());
      } else {
        brackets[kept++] = brackets[k];
      }
    }
    open = kept;
  }
}

int64_t doubles_of_points(int64_t m) { return m * static_cast<int64_t>(sizeof(Point) / sizeof(double)); }

}  // namespace

int64_t tridiagonal_values_scratch(int64_t m) { return 2 * m + doubles_of_points(m); }

void tridiagonal_eigenvalues(
    int threads, int64_t m, const double* diagonal, const double* beside, double* scratch, double* values) {
  double* alone = scratch + 2 * m;
  const Matrix matrix(m, diagonal, beside, scratch, alone);
  const int64_t order = matrix.order();
  std::copy(alone, alone + m - order, values + order);
  Point* grid = reinterpret_cast<Point*>(alone);
  for (int64_t k = 0; k < order; ++k) {
    grid[k] = {-1 + 2 * static_cast<double>(k + 1) / static_cast<double>(order + 1), 0, 0, 0};
  }
#pragma omp parallel num_threads(threads)
  {
#pragma omp for schedule(static)
    for (int64_t k = 0; k < order; k += kSturmPoints) matrix.evaluate(std::min(kSturmPoints, order - k), grid + k);
    const int64_t thread = omp_get_thread_num(), all = omp_get_num_threads();
    refine(matrix, grid, order * thread / all, order * (thread + 1) / all, values);
  }
  std::sort(values, values + m);  // those that stood alone; and where a rounding of the counts turned two around
}

}  // namespace gramian
