// Singular values from the eigenvalues of the smaller Gram matrix, math.md section 8. The Gram and its eigenvalues are
// float64: a float32 Gram loses every value below 1e-3 of the largest, this one keeps four digits down to 1e-6.
// FLOP: m^2 M for the Gram (m = min(n,d), M the other; lower half), 4/3 m^3 for the eigenvalues. Memory: 8 m^2 + 4 MiB.
#include "gramian/spectra.h"

#include <cblas.h>
#include <lapack.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/status.h"
#include "linalg/spectrum.h"

namespace gramian {
namespace {

constexpr int64_t kTile = 128;      // order of a Gram tile: 128 KiB of float64, stays in L2
constexpr int64_t kDepth = 512;     // summands per pass over the tiles
constexpr int64_t kColumns = 256;   // columns of one unit of work of a column pass

// The matrix whose spectrum is wanted: scale_i z_ik - mean_k.
struct Matrix {
  int64_t n, d;
  const float* z;
  const double* scale;  // n
  double* mean;         // d
};

template <typename Body>
void for_each_column_block(const gramian_context* context, int64_t d, Body body) {
#pragma omp parallel for num_threads(context->threads) schedule(static)
  for (int64_t from = 0; from < d; from += kColumns) body(from, from + kColumns < d ? from + kColumns : d);
}

Matrix prepare(gramian_context* context, int64_t n, int64_t d, const float* z, bool normalize, bool center) {
  double* scale = context->scratch<double>(n);
  Matrix matrix{n, d, z, scale, context->scratch<double>(d)};
  for (int64_t i = 0; i < n; ++i) scale[i] = 1;
  for (int64_t k = 0; k < d; ++k) matrix.mean[k] = 0;
  if (normalize) GRAMIAN_SIMD(row_scales)(context->threads, n, d, z, scale);
  if (center && n > 0) {
    const auto means = GRAMIAN_SIMD(scaled_means);
    for_each_column_block(
        context, d, [&](int64_t from, int64_t to) { means(n, d, from, to, z, scale, matrix.mean); });
  }
  return matrix;
}

// Adds to the lower tiles of gram (m,m) what the summands in wide contribute: wide is (m, depth) for samples,
// (depth, m) for features.
void add_to_tiles(
    const gramian_context* context, bool samples, int64_t m, int64_t depth, const double* wide, double* gram) {
  const int64_t side = (m + kTile - 1) / kTile;
  const CBLAS_TRANSPOSE left = samples ? CblasNoTrans : CblasTrans;
  const CBLAS_TRANSPOSE right = samples ? CblasTrans : CblasNoTrans;
  const int64_t ld = samples ? depth : m;
  const int64_t step = samples ? depth : 1;  // from one Gram row's operand to the next
#pragma omp parallel for num_threads(context->threads) schedule(dynamic, 1)
  for (int64_t t = 0; t < side * (side + 1) / 2; ++t) {
    int64_t row = 0;
    while ((row + 1) * (row + 2) / 2 <= t) ++row;
    const int64_t i = row * kTile;
    const int64_t j = (t - row * (row + 1) / 2) * kTile;
    const int64_t rows = m - i < kTile ? m - i : kTile;
    const int64_t columns = m - j < kTile ? m - j : kTile;
    cblas_dgemm(CblasRowMajor, left, right, static_cast<blasint>(rows), static_cast<blasint>(columns),
        static_cast<blasint>(depth), 1, wide + i * step, static_cast<blasint>(ld), wide + j * step,
        static_cast<blasint>(ld), 1, gram + i * m + j, static_cast<blasint>(m));
  }
}

// Lower triangle (in tiles) of the smaller Gram.
double* smaller_gram(gramian_context* context, const Matrix& matrix) {
  const bool samples = matrix.n <= matrix.d;
  const int64_t m = samples ? matrix.n : matrix.d;
  const int64_t summands = samples ? matrix.d : matrix.n;
  double* gram = context->scratch<double>(m * m);
  double* wide = context->scratch<double>(m * (summands < kDepth ? summands : kDepth));
  for (int64_t k = 0; k < m * m; ++k) gram[k] = 0;
  const auto widen = GRAMIAN_SIMD(widen_row);
  for (int64_t from = 0; from < summands; from += kDepth) {
    const int64_t depth = summands - from < kDepth ? summands - from : kDepth;
    const int64_t rows = samples ? m : depth;
#pragma omp parallel for num_threads(context->threads) schedule(static)
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t i = samples ? r : from + r;
      const int64_t first = samples ? from : 0;
      const int64_t last = samples ? from + depth : m;
      widen(first, last, matrix.z + i * matrix.d, matrix.scale[i], matrix.mean, wide + r * (last - first));
    }
    add_to_tiles(context, samples, m, depth, wide, gram);
  }
  return gram;
}

bool finite(int64_t count, const double* values) {
  double sum = 0;
  for (int64_t k = 0; k < count; ++k) sum += values[k] * 0.0;  // 0, or NaN
  return sum == 0;
}

// Work space of one call of dsyevd for values alone.
struct EigenWork {
  double* work;
  lapack_int work_size;
  lapack_int* integers;
  lapack_int integers_size;
};

EigenWork eigen_work(gramian_context* context, int64_t m) {
  // 64 columns a block: what LAPACK asks for; two more vectors are its minimum
  const lapack_int size = static_cast<lapack_int>(66 * m + 1);
  return {context->scratch<double>(size), size, context->scratch<lapack_int>(1), 1};
}

// Ascending eigenvalues of the symmetric matrix whose lower triangle (row-major) is given; it is overwritten. Returns
// LAPACK's code: 0, or that it did not converge.
lapack_int eigenvalues(int64_t m, double* gram, double* values, const EigenWork& work) {
  // row-major lower is column-major upper
  const char job = 'N';
  const char triangle = 'U';
  const lapack_int order = static_cast<lapack_int>(m);
  lapack_int info = 0;
  LAPACK_dsyevd(&job, &triangle, &order, gram, &order, values, work.work, &work.work_size, work.integers,
      &work.integers_size, &info);
  return info;
}

// Eigenvalues of slices, descending, one slice a thread; all NaN for a slice that is not finite.
void descending_eigenvalues(
    gramian_context* context, int64_t m, const std::vector<double*>& slices, double* values) {
  const int64_t count = static_cast<int64_t>(slices.size());
  std::vector<EigenWork> work;
  for (int64_t k = 0; k < count; ++k) work.push_back(eigen_work(context, m));
  lapack_int* info = context->scratch<lapack_int>(count);
  double* ascending = context->scratch<double>(count * m);
#pragma omp parallel for num_threads(context->threads) schedule(dynamic, 1)
  for (int64_t k = 0; k < count; ++k) {
    info[k] = 0;
    if (!finite(m * m, slices[static_cast<size_t>(k)])) {
      for (int64_t i = 0; i < m; ++i) values[k * m + i] = std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    info[k] = eigenvalues(m, slices[static_cast<size_t>(k)], ascending + k * m, work[static_cast<size_t>(k)]);
    for (int64_t i = 0; i < m; ++i) values[k * m + i] = ascending[k * m + m - 1 - i];
  }
  for (int64_t k = 0; k < count; ++k) {
    if (info[k] == 0) continue;
    GRAMIAN_FAIL(GRAMIAN_VENDOR_ERROR, "eigenvalues (dsyevd) failed with code " + std::to_string(info[k]));
  }
}

}  // namespace
}  // namespace gramian

gramian_status gramian_singular_values(gramian_context* context, int64_t n, int64_t d, const float* z,
    int32_t normalize, int32_t center, double* values) {
  return gramian_singular_values_batch(context, 1, n, d, z, normalize, center, values);
}

gramian_status gramian_singular_values_batch(gramian_context* context, int64_t batch, int64_t n, int64_t d,
    const float* z, int32_t normalize, int32_t center, double* values) {
  using namespace gramian;
  return guarded([&] {
    const int64_t m = n < d ? n : d;
    if (m == 0) return;
    // as many slices at a time as there are threads: Grams by all threads, eigenvalues by one each
    for (int64_t first = 0; first < batch; first += context->threads) {
      context->begin();
      std::vector<double*> grams;
      for (int64_t b = first; b < batch && b < first + context->threads; ++b) {
        grams.push_back(smaller_gram(context, prepare(context, n, d, z + b * n * d, normalize != 0, center != 0)));
      }
      double* of_group = values + first * m;
      descending_eigenvalues(context, m, grams, of_group);
      for (int64_t k = 0; k < static_cast<int64_t>(grams.size()) * m; ++k) {
        // rounding may leave a zero slightly negative; NaN stays
        of_group[k] = of_group[k] <= 0 ? 0 : std::sqrt(of_group[k]);
      }
    }
  });
}

gramian_status gramian_eigenvalues(
    gramian_context* context, int64_t batch, int64_t d, const float* s, double* values) {
  using namespace gramian;
  return guarded([&] {
    if (d == 0) return;
    for (int64_t first = 0; first < batch; first += context->threads) {
      context->begin();
      std::vector<double*> slices;
      for (int64_t b = first; b < batch && b < first + context->threads; ++b) {
        double* wide = context->scratch<double>(d * d);
        for (int64_t i = 0; i < d; ++i) {
          for (int64_t k = 0; k < d; ++k) wide[i * d + k] = k > i ? 0 : s[b * d * d + i * d + k];
        }
        slices.push_back(wide);
      }
      descending_eigenvalues(context, d, slices, values + first * d);
    }
  });
}

gramian_status gramian_column_deviations(
    gramian_context* context, int64_t n, int64_t d, const float* z, int32_t normalize, double* deviations) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const Matrix matrix = prepare(context, n, d, z, normalize != 0, true);
    const auto squares = GRAMIAN_SIMD(scaled_squares);
    for_each_column_block(context, d, [&](int64_t from, int64_t to) {
      squares(n, d, from, to, z, matrix.scale, matrix.mean, deviations);
      for (int64_t k = from; k < to; ++k) {
        deviations[k] = n < 2 ? 0 : std::sqrt(deviations[k] / static_cast<double>(n - 1));
      }
    });
  });
}
