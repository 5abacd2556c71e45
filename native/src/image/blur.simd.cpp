// Columns of taps first into scratch rows, then along each row from a copy with its reflected borders: both inner
// loops run
// over contiguous pixels.
#include "image/blur.h"

#include "gramian/epilogue/taps.h"

namespace gramian {
namespace GRAMIAN_ISA {

using taps::reflected;

void blur(int32_t height, int32_t width, int32_t radius, const float* kernel, float* scratch, float* plane) {
  float* padded = scratch + static_cast<int64_t>(height) * width;  // (width + 2 radius)
  for (int32_t y = 0; y < height; ++y) {
    float* out = scratch + static_cast<int64_t>(y) * width;
#pragma omp simd
    for (int32_t x = 0; x < width; ++x) out[x] = 0;
    for (int32_t t = -radius; t <= radius; ++t) {
      const float weight = kernel[t + radius];
      const float* in = plane + static_cast<int64_t>(reflected(y + t, height)) * width;
#pragma omp simd
      for (int32_t x = 0; x < width; ++x) out[x] += weight * in[x];
    }
  }
  for (int32_t y = 0; y < height; ++y) {
    const float* in = scratch + static_cast<int64_t>(y) * width;
    for (int32_t x = -radius; x < width + radius; ++x) padded[x + radius] = in[reflected(x, width)];
    float* out = plane + static_cast<int64_t>(y) * width;
#pragma omp simd
    for (int32_t x = 0; x < width; ++x) out[x] = kernel[0] * padded[x];
    for (int32_t t = 1; t <= 2 * radius; ++t) {
      const float weight = kernel[t];
#pragma omp simd
      for (int32_t x = 0; x < width; ++x) out[x] += weight * padded[x + t];
    }
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
