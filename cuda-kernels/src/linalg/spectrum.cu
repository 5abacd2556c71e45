// Singular values from the eigenvalues of the smaller Gram, math.md section 8: Gram and eigenvalues in float64, which
// keeps four digits down to 1e-6 of the largest value. FLOP: m^2 M for the Gram (m = min(n,d), M the other; lower
// half), 4/3 m^3 for the eigenvalues. Memory: 8 m^2 for each slice of a group, a group at a time.
#include "gramian/spectra.h"

#include "linalg/eigenvalues.h"
#include "linalg/prepared.h"
#include "linalg/wide_product.h"

namespace gramian {
namespace {

// Both triangles of a symmetric product of which the lower one was made.
struct Mirrored {
  double* values;
  int64_t order;
  __device__ __forceinline__ void operator()(int64_t entry, int64_t i, int64_t j, double sum) const {
    values[(entry * order + i) * order + j] = sum;
    values[(entry * order + j) * order + i] = sum;
  }
};

// What rounding leaves of a zero may be negative; NaN stays.
__global__ void __launch_bounds__(wide::kThreads) square_roots(int64_t count, double* values) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * wide::kThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * wide::kThreads + threadIdx.x; i < count; i += stride) {
    values[i] = values[i] <= 0 ? 0.0 : sqrt(values[i]);
  }
}

// a (entries, d, d): the lower triangle of s in both.
__global__ void __launch_bounds__(wide::kThreads)
    widen_lower(int64_t entries, int64_t d, const float* __restrict__ s, double* __restrict__ a) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * wide::kThreads;
  const int64_t count = entries * d * d;
  for (int64_t at = static_cast<int64_t>(blockIdx.x) * wide::kThreads + threadIdx.x; at < count; at += stride) {
    const int64_t i = at / d % d;
    const int64_t j = at % d;
    a[at] = s[at / (d * d) * d * d + (i > j ? i * d + j : j * d + i)];
  }
}

// 256 MiB of Grams at a time, and what a launch takes as blocks along y.
constexpr int64_t kGroupElements = int64_t{1} << 25;
constexpr int64_t kMostEntries = 65535;

int64_t group_size(int64_t m) {
  const int64_t fit = kGroupElements / (m * m);
  return fit < 1 ? 1 : fit > kMostEntries ? kMostEntries : fit;
}

double* smaller_gram(gramian_context* context, const Prepared& z) {
  const bool samples = z.n <= z.d;
  const int64_t m = samples ? z.n : z.d;
  double* gram = context->scratch<double>(z.entries * m * m);
  const wide::Extent extent = {z.entries, m, m, samples ? z.d : z.n, true};
  const Mirrored store = {gram, m};
  if (samples) {
    wide::product(context, "spectrum_gram", extent, PreparedSamples{z}, PreparedSamples{z}, store);
  } else {
    wide::product(context, "spectrum_gram", extent, PreparedFeatures{z}, PreparedFeatures{z}, store);
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
    const int64_t group = group_size(m);
    for (int64_t first = 0; first < batch; first += group) {
      context->begin();
      const int64_t entries = batch - first < group ? batch - first : group;
      double* of_group = values + first * m;
      double* gram = smaller_gram(
          context, prepare(context, entries, n, d, z + first * n * d, normalize != 0, center != 0));
      symmetric_eigenvalues(context, entries, m, gram, of_group);
      launch(context->stream, {"square_roots", wide::elementwise_blocks(entries * m), wide::kThreads}, square_roots,
          entries * m, of_group);
    }
  });
}

gramian_status gramian_eigenvalues(
    gramian_context* context, int64_t batch, int64_t d, const float* s, double* values) {
  using namespace gramian;
  return guarded([&] {
    if (d == 0) return;
    const int64_t group = group_size(d);
    for (int64_t first = 0; first < batch; first += group) {
      context->begin();
      const int64_t entries = batch - first < group ? batch - first : group;
      double* a = context->scratch<double>(entries * d * d);
      launch(context->stream, {"widen_lower", wide::elementwise_blocks(entries * d * d), wide::kThreads}, widen_lower,
          entries, d, s + first * d * d, a);
      symmetric_eigenvalues(context, entries, d, a, values + first * d);
    }
  });
}

gramian_status gramian_column_deviations(
    gramian_context* context, int64_t n, int64_t d, const float* z, int32_t normalize, double* deviations) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    // one row is its mean: 0 / 1
    const double divisor = n < 2 ? 1 : static_cast<double>(n - 1);
    column_squares_of(context, prepare(context, 1, n, d, z, normalize != 0, true), divisor, deviations);
  });
}
