#include "fma_peak.h"

#include "core/vector.h"

namespace gramian {
namespace GRAMIAN_ISA {

using Vector = FloatVector;
constexpr int kLanes = kVectorBytes / sizeof(float);
constexpr int kChains = 12;  // latency 4 to 5, two a cycle

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
  sink[0] = sum[0][0];
  return steps * kChains * kLanes * 2;
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
