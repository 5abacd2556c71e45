// ReLU and its derivative, by comparisons that NaN fails: it stays.
#pragma once

#include <cuda_runtime.h>

namespace gramian {

__device__ __forceinline__ float rectified(float x) { return x < 0 ? 0.0f : x; }

// The gradient g where the output y lets it through.
__device__ __forceinline__ float gated(float y, float g) { return y <= 0 ? 0.0f : g; }

}  // namespace gramian
