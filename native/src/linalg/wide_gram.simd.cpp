// Strips of kRows items by panels of 3 vectors: with AVX2, per summand 3 loads, 4 broadcasts and 12 multiply-adds in 12
// accumulators, so that the multiply-adds are the limit.
#include "linalg/wide_gram.h"

#include "core/vector.h"

namespace gramian {
namespace GRAMIAN_ISA {
namespace {

using Vector = DoubleVector;
constexpr int kLanes = kVectorBytes / sizeof(double);
constexpr int kRows = kLanes;
constexpr int64_t kWidth = 3 * kLanes;
static_assert(kWidth % kRows == 0, "strips do not cross panels");

// c (rows, columns), rows ldc apart, += A^T B over depth summands; a, b: panels, a from its first item on.
inline void strip(int64_t depth, const double* a, const double* b, int64_t rows, int64_t columns, double* c,
    int64_t ldc) {
  Vector sum[kRows][3] = {};
  for (int64_t k = 0; k < depth; ++k) {
    const Vector b0 = load(b + k * kWidth);
    const Vector b1 = load(b + k * kWidth + kLanes);
    const Vector b2 = load(b + k * kWidth + 2 * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const double x = a[k * kWidth + r];
      sum[r][0] += x * b0;
      sum[r][1] += x * b1;
      sum[r][2] += x * b2;
    }
  }
  if (rows == kRows && columns == kWidth) {
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      for (int v = 0; v < 3; ++v) {
        store(c + r * ldc + v * kLanes, load(c + r * ldc + v * kLanes) + sum[r][v]);
      }
    }
    return;
  }
  double tile[kRows][kWidth];  // at the edge
  std::memcpy(tile, sum, sizeof tile);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t j = 0; j < columns; ++j) c[r * ldc + j] += tile[r][j];
  }
}

}  // namespace

int64_t wide_panel_width() { return kWidth; }

void pack_wide_panel(
    const ScaledMatrix& matrix, bool samples, int64_t first, int64_t from, int64_t depth, double* panel) {
  const int64_t items = samples ? matrix.n : matrix.d;
  const int64_t count = items - first < kWidth ? items - first : kWidth;
  if (count < kWidth) std::memset(panel, 0, static_cast<size_t>(depth * kWidth) * sizeof(double));
  if (samples) {
    for (int64_t c = 0; c < count; ++c) {
      const float* row = matrix.z + (first + c) * matrix.d + from;
      const double scale = matrix.scale[first + c];
      for (int64_t k = 0; k < depth; ++k) panel[k * kWidth + c] = scale * row[k] - matrix.mean[from + k];
    }
    return;
  }
  for (int64_t k = 0; k < depth; ++k) {
    const float* row = matrix.z + (from + k) * matrix.d + first;
    const double scale = matrix.scale[from + k];
    for (int64_t c = 0; c < count; ++c) panel[k * kWidth + c] = scale * row[c] - matrix.mean[first + c];
  }
}

void add_wide_tile(
    int64_t m, int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t depth, const double* panels, double* gram) {
  const int64_t stride = kWideDepth * kWidth;
  for (int64_t j = j0; j < j1; ++j) {
    const int64_t column = j * kWidth;
    const int64_t columns = m - column < kWidth ? m - column : kWidth;
    for (int64_t i = i0 < j ? j : i0; i < i1; ++i) {
      for (int64_t r = 0; r < kWidth && i * kWidth + r < m; r += kRows) {
        const int64_t row = i * kWidth + r;
        const int64_t rows = m - row < kRows ? m - row : kRows;
        strip(depth, panels + i * stride + r, panels + j * stride, rows, columns, gram + row * m + column, m);
      }
    }
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
