#include "exp2.h"

#include "core/simd_math.h"

namespace gramian {
namespace GRAMIAN_ISA {

void exp2_of(int64_t n, const float* x, float* y) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) y[i] = exp2_fast(x[i]);
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
