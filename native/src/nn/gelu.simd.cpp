// GELU: one pass over memory; an exponential, a division and 12 multiply-adds an element.
#include "nn/gelu.h"

#include "core/simd_math.h"
#include "gramian/epilogue/gelu.h"
#include "linalg/elementwise.h"

namespace gramian {
namespace GRAMIAN_ISA {

static inline float gauss(float x) { return exp2_fast(-gelu::kLog2EHalf * (x * x)); }

void gelu_forward(int threads, int64_t count, const float* x, float* y) {
#pragma omp parallel for simd num_threads(threads) schedule(static) if (count > kParallelFrom)
  for (int64_t i = 0; i < count; ++i) y[i] = gelu::value(x[i], gauss(x[i]));
}

void gelu_backward(int threads, int64_t count, const float* x, const float* dy, float* dx) {
#pragma omp parallel for simd num_threads(threads) schedule(static) if (count > kParallelFrom)
  for (int64_t i = 0; i < count; ++i) dx[i] = dy[i] * gelu::derivative(x[i], gauss(x[i]));
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
