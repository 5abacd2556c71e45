#include "image/blur.h"

#include "gramian/epilogue/taps.h"

namespace gramian {

void gaussian_kernel(int32_t radius, float sigma, float* kernel) {
  double sum = 0;
  for (int32_t t = -radius; t <= radius; ++t) sum += taps::bell(t, sigma);
  for (int32_t t = -radius; t <= radius; ++t) kernel[t + radius] = static_cast<float>(taps::bell(t, sigma) / sum);
}

}  // namespace gramian
