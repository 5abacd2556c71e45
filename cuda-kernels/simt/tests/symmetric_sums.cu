// Sums of a symmetric Gram in several bands of row tiles, which a matrix has on its own only from 23,000 rows on.
#include "gram/symmetric_sums.h"

#include <vector>

#include "simt_tests.h"

namespace {

using gramian::tile::Float32;

// rows (count, 64) in `across_rows` row tiles a band; images as in the losses.
int bands(int64_t count, int64_t images, int across_rows) {
  constexpr int64_t kWidth = 64;
  std::vector<float> x(count * kWidth + 4);
  float* rows = x.data();
  while (reinterpret_cast<uintptr_t>(rows) % 16 != 0) ++rows;
  for (int64_t i = 0; i < count * kWidth; ++i) {
    rows[i] = static_cast<float>(0.2 * std::sin(0.37 * static_cast<double>(i)));
  }
  int64_t address = 0;
  gramian_context_create(0, 0, 5, &address);
  auto* context = reinterpret_cast<gramian_context*>(address);
  context->begin();
  const gramian::SoftmaxTerms terms = {gramian::Pairs::of_different_images(images), false, 1.5f};
  const gramian::ExponentialSums sums = gramian::symmetric_sums_of<Float32, false>(
      context, "bands", gramian::Operand<Float32>{rows, count, kWidth}, terms, 4 * count * across_rows);
  int failures = sums.splits == 1 ? 0 : 1;
  for (int64_t i = 0; i < count; ++i) {
    double sum = 0;
    for (int64_t j = 0; j < count; ++j) {
      double s = 0;
      for (int64_t k = 0; k < kWidth; ++k) s += static_cast<double>(rows[i * kWidth + k]) * rows[j * kWidth + k];
      if (i % images != j % images) sum += std::exp2(1.5 * (s - 1));
    }
    failures += simt_tests::expect_close("row of bands", sums.partial[i].sum, sum, 1e-6 * sum);
  }
  gramian_context_destroy(context);
  return failures;
}

}  // namespace

int symmetric_sums_tests() { return bands(300, 150, 1) + bands(300, 300, 2) + bands(129, 43, 1); }
