#include "image/blur.h"

#include <cmath>

namespace gramian {

void gaussian_kernel(int32_t radius, float sigma, float* kernel) {
  double sum = 0;
  for (int32_t t = -radius; t <= radius; ++t) sum += std::exp(-0.5 * t * t / (static_cast<double>(sigma) * sigma));
  for (int32_t t = -radius; t <= radius; ++t) {
    kernel[t + radius] = static_cast<float>(std::exp(-0.5 * t * t / (static_cast<double>(sigma) * sigma)) / sum);
  }
}

}  // namespace gramian
