// Small matrices go through LAPACK, large ones are reduced to tridiagonal form by our own (tridiagonal.h). Of several,
// each thread takes whole ones; one alone is reduced by all threads. The order alone chooses, so that a matrix has the
// same eigenvalues, to the bit, alone, in a batch, and with any number of threads.
#include "linalg/eigenvalues.h"

#include <lapack.h>

#include <algorithm>
#include <limits>
#include <string>

#include "core/status.h"
#include "gramian/spectra.h"
#include "linalg/tridiagonal.h"

namespace gramian {
namespace {

// From this order on, threads that share a matrix gain more than they wait for each other.
constexpr int64_t kReducedHere = 256;

bool finite(int64_t count, const double* values) {
  double sum = 0;
  for (int64_t k = 0; k < count; ++k) sum += values[k] * 0.0;  // 0, or NaN
  return sum == 0;
}

// What LAPACK asks for: 64 columns a block and two more vectors.
lapack_int work_size(int64_t m) { return static_cast<lapack_int>(66 * m + 1); }

// Ascending eigenvalues by LAPACK alone. Returns its code: 0, or that it did not converge.
lapack_int by_lapack(int64_t m, double* a, double* values, double* work) {
  // row-major lower is column-major upper
  const char job = 'N';
  const char triangle = 'U';
  const lapack_int order = static_cast<lapack_int>(m);
  const lapack_int size = work_size(m);
  const lapack_int one = 1;
  lapack_int integers = 0;
  lapack_int info = 0;
  LAPACK_dsyevd(&job, &triangle, &order, a, &order, values, work, &size, &integers, &one, &info);
  return info;
}

// The same by our own reduction.
lapack_int by_reduction(int threads, int64_t m, double* a, double* values, double* work) {
  tridiagonalize(threads, m, a, work + m, values, work);
  const lapack_int order = static_cast<lapack_int>(m);
  lapack_int info = 0;
  LAPACK_dsterf(&order, values, work, &info);
  return info;
}

void check(lapack_int info) {
  if (info != 0) GRAMIAN_FAIL(GRAMIAN_VENDOR_ERROR, "eigenvalues did not converge, code " + std::to_string(info));
}

}  // namespace

void descending_eigenvalues(
    gramian_context* context, int64_t m, const std::vector<double*>& slices, double* values) {
  const int64_t count = static_cast<int64_t>(slices.size());
  const int64_t size = std::max<int64_t>(work_size(m), m + tridiagonal_scratch(m));
  double* work = context->scratch<double>(count * size);
  lapack_int* info = context->scratch<lapack_int>(count);
  const auto solve = [&](int threads, int64_t k) {
    double* slice = slices[static_cast<size_t>(k)];
    double* of_slice = values + k * m;
    double* own = work + k * size;
    info[k] = 0;
    if (!finite(m * m, slice)) {
      std::fill_n(of_slice, m, std::numeric_limits<double>::quiet_NaN());
      return;
    }
    info[k] = m < kReducedHere ? by_lapack(m, slice, of_slice, own) : by_reduction(threads, m, slice, of_slice, own);
    std::reverse(of_slice, of_slice + m);
  };
  if (count == 1) {
    solve(context->threads, 0);
  } else {
#pragma omp parallel for num_threads(context->threads) schedule(dynamic, 1)
    for (int64_t k = 0; k < count; ++k) solve(1, k);
  }
  for (int64_t k = 0; k < count; ++k) check(info[k]);
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
