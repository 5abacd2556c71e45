// Batches of more slices than a launch takes: in groups of three, every slice comes out with the bits that it has in
// one launch, whichever method whitens it. Larger groups differ in their number alone.
#include <cstring>
#include <string>
#include <vector>

#include "gramian/whitening.h"
#include "kernel_calls.h"
#include "losses/whitening_slices.h"
#include "simt_tests.h"

namespace {

using simt_tests::Array;
using simt_tests::Context;
using simt_tests::fill;

constexpr int64_t kCount = 8;

// y, w and dx of all slices, one behind the other.
std::vector<float> whitened(int32_t method, int64_t n, int64_t d, int64_t most) {
  using namespace gramian;
  const Array x(kCount * n * d), dy(kCount * n * d), outputs(kCount * (2 * n + d) * d), roots(2 * kCount * d);
  fill(x.get(), kCount * n * d, 0);
  fill(dy.get(), kCount * n * d, 1);
  float* y = outputs.get();
  float* dx = y + kCount * n * d;
  float* w = dx + kCount * n * d;
  double* root = reinterpret_cast<double*>(roots.get());
  const Context context(5, GRAMIAN_PRECISION_FLOAT32);
  const whitening::Slices of = {context.get(), kCount, n, d, 0.1f};
  of.context->begin();
  BadPivot* bad = of.context->scratch<BadPivot>(kCount);
  whitening::whiten(of, {method, 2}, x.get(), y, w, root, bad, most);
  whitening::whiten_backward(of, {method, 2}, x.get(), y, w, root, dy.get(), dx, most);
  std::vector<float> all(outputs.get(), outputs.get() + kCount * (2 * n + d) * d);
  for (int64_t b = 0; b < kCount; ++b) all.push_back(static_cast<float>(bad[b].column));
  return all;
}

int groups(int32_t method, int64_t n, int64_t d) {
  const std::vector<float> one = whitened(method, n, d, kCount);
  const std::vector<float> several = whitened(method, n, d, 3);
  bool same = std::memcmp(one.data(), several.data(), one.size() * sizeof(float)) == 0;
  for (const float value : one) same = same && value == value;
  if (!same) std::printf("whitening %d in groups of slices: not the bits of a single launch\n", method);
  return same ? 0 : 1;
}

}  // namespace

int whitening_group_tests() {
  int failures = groups(GRAMIAN_WHITEN_CHOLESKY, 9, 4);
  failures += groups(GRAMIAN_WHITEN_CHOLESKY, 1025, 2);  // in steps: too many rows for one block
  for (const int32_t method : {GRAMIAN_WHITEN_ZCA, GRAMIAN_WHITEN_PCA, GRAMIAN_WHITEN_ITERATIVE}) {
    failures += groups(method, 7, 3);
  }
  return failures;
}
