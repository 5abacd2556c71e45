// Of several matrices each thread takes whole ones; one alone is shared by all threads. A matrix has the same
// eigenvalues, to the bit, alone, in a batch, and with any number of threads.
#include "linalg/eigenvalues.h"

#include <algorithm>
#include <limits>

#include "core/status.h"
#include "gramian/spectra.h"
#include "linalg/tridiagonal.h"
#include "linalg/tridiagonal_values.h"

namespace gramian {
namespace {

// From this order on, threads that share a matrix gain more than they wait for each other.
constexpr int64_t kShared = 256;

bool finite(int threads, int64_t count, const double* values) {
  double sum = 0;
#pragma omp parallel for simd num_threads(threads) reduction(+ : sum)
  for (int64_t k = 0; k < count; ++k) sum += values[k] * 0.0;  // 0, or NaN
  return sum == 0;
}

int64_t work_size(int64_t m) { return 2 * m + std::max(tridiagonal_scratch(m), tridiagonal_values_scratch(m)); }

// Ascending eigenvalues of a (m,m), of which the lower triangle counts; destroyed. NaN if it is not finite.
void ascending_eigenvalues(int threads, int64_t m, double* a, double* values, double* work) {
  if (!finite(threads, m * m, a)) {
    std::fill_n(values, m, std::numeric_limits<double>::quiet_NaN());
    return;
  }
  double* diagonal = work;
  double* beside = work + m;
  double* scratch = work + 2 * m;
  tridiagonalize(threads, m, a, scratch, diagonal, beside);
  tridiagonal_eigenvalues(threads, m, diagonal, beside, scratch, values);
}

}  // namespace

void descending_eigenvalues(
    gramian_context* context, int64_t m, const std::vector<double*>& slices, double* values) {
  const int64_t count = static_cast<int64_t>(slices.size());
  const int64_t size = work_size(m);
  double* work = context->scratch<double>(count * size);
  const auto solve = [&](int threads, int64_t k) {
    double* of_slice = values + k * m;
    ascending_eigenvalues(threads, m, slices[static_cast<size_t>(k)], of_slice, work + k * size);
    std::reverse(of_slice, of_slice + m);
  };
  if (count == 1) {
    solve(m < kShared ? 1 : context->threads, 0);
  } else {
#pragma omp parallel for num_threads(context->threads) schedule(dynamic, 1)
    for (int64_t k = 0; k < count; ++k) solve(1, k);
  }
}

}  // namespace gramian

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
