#include "fma_peak.h"

#include <cstring>

namespace gramian {
namespace GRAMIAN_ISA {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif
constexpr int kChains = 12;  // latency 4 to 5, two a cycle

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));

int64_t multiply_adds(int64_t steps, float* sink) {
  Vector factor;
  for (int lane = 0; lane < kLanes; ++lane) factor[lane] = sink[0];
  Vector sum[kChains];  // all different, or the compiler computes only one
  for (int c = 0; c < kChains; ++c) sum[c] = factor * static_cast<float>(c);
  for (int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
    for (int c = 0; c < kChains; ++c) sum[c] = sum[c] * factor + factor;
  }
  for (int c = 1; c < kChains; ++c) sum[0] += sum[c];
  std::memcpy(sink, sum, sizeof(float));
  return steps * kChains * kLanes * 2;
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
