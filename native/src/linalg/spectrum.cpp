// Singular values from the eigenvalues of the smaller Gram matrix, math.md section 8. The Gram and its eigenvalues are
// float64: a float32 Gram loses every value below 1e-3 of the largest, this one keeps four digits down to 1e-6.
// FLOP: m^2 M for the Gram (m = min(n,d), M the other; lower half), 4/3 m^3 for the eigenvalues. Memory: 8 m^2 + 2,100
// m bytes.
#include "gramian/spectra.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/context.h"
#include "core/status.h"
#include "linalg/eigenvalues.h"
#include "linalg/spectrum.h"
#include "linalg/wide_gram.h"

namespace gramian {
namespace {

constexpr int64_t kTile = 96;       // order of a Gram tile: with its operands 360 KiB, stays in L2
constexpr int64_t kColumns = 256;   // columns of one unit of work of a column pass

template <typename Body>
void for_each_column_block(const gramian_context* context, int64_t d, Body body) {
#pragma omp parallel for num_threads(context->threads) schedule(static)
  for (int64_t from = 0; from < d; from += kColumns) body(from, from + kColumns < d ? from + kColumns : d);
}

ScaledMatrix prepare(
    gramian_context* context, int64_t n, int64_t d, const float* z, bool normalize, bool center) {
  double* scale = context->scratch<double>(n);
  double* mean = context->scratch<double>(d);
  std::fill_n(scale, n, 1.0);
  std::fill_n(mean, d, 0.0);
  if (normalize) GRAMIAN_SIMD(row_scales)(context->threads, n, d, z, scale);
  if (center && n > 0) {
    const auto means = GRAMIAN_SIMD(scaled_means);
    for_each_column_block(context, d, [&](int64_t from, int64_t to) { means(n, d, from, to, z, scale, mean); });
  }
  return {n, d, z, scale, mean};
}

// The smaller Gram; its lower triangle counts. Each entry is summed by passes of kWideDepth in the same order.
double* smaller_gram(gramian_context* context, const ScaledMatrix& matrix) {
  const bool samples = matrix.n <= matrix.d;
  const int64_t m = samples ? matrix.n : matrix.d;
  const int64_t summands = samples ? matrix.d : matrix.n;
  const int64_t width = GRAMIAN_SIMD(wide_panel_width)();
  const int64_t panels = (m + width - 1) / width;
  const int64_t block = kTile / width;  // panels
  const int64_t side = (panels + block - 1) / block;
  double* gram = context->scratch<double>(m * m);
  double* packed = context->scratch<double>(panels * width * kWideDepth);
  const auto pack = GRAMIAN_SIMD(pack_wide_panel);
  const auto add = GRAMIAN_SIMD(add_wide_tile);
#pragma omp parallel num_threads(context->threads)
  {
#pragma omp for schedule(static)
    for (int64_t i = 0; i < m; ++i) std::fill_n(gram + i * m, m, 0.0);
    for (int64_t from = 0; from < summands; from += kWideDepth) {
      const int64_t depth = std::min(kWideDepth, summands - from);
#pragma omp for schedule(static)
      for (int64_t p = 0; p < panels; ++p) {
        pack(matrix, samples, p * width, from, depth, packed + p * width * kWideDepth);
      }
#pragma omp for schedule(dynamic, 1)
      for (int64_t t = 0; t < side * (side + 1) / 2; ++t) {
        int64_t row = 0;
        while ((row + 1) * (row + 2) / 2 <= t) ++row;
        const int64_t i = row * block;
        const int64_t j = (t - row * (row + 1) / 2) * block;
        add(m, i, std::min(i + block, panels), j, std::min(j + block, panels), depth, packed, gram);
      }
    }
  }
  return gram;
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
    // as many slices at a time as there are threads
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

gramian_status gramian_column_deviations(
    gramian_context* context, int64_t n, int64_t d, const float* z, int32_t normalize, double* deviations) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const ScaledMatrix matrix = prepare(context, n, d, z, normalize != 0, true);
    const auto squares = GRAMIAN_SIMD(scaled_squares);
    for_each_column_block(context, d, [&](int64_t from, int64_t to) {
      squares(n, d, from, to, z, matrix.scale, matrix.mean, deviations);
      for (int64_t k = from; k < to; ++k) {
        deviations[k] = n < 2 ? 0 : std::sqrt(deviations[k] / static_cast<double>(n - 1));
      }
    });
  });
}
