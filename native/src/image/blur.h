// Separable Gaussian blur with reflected borders (the edge pixel is not repeated), as torchvision's gaussian_blur.
#pragma once

#include "core/simd.h"

namespace gramian {

// kernel (2 radius + 1) = exp(-t^2 / (2 sigma^2)), normalised to sum 1.
void gaussian_kernel(int32_t radius, float sigma, float* kernel);

}  // namespace gramian

// plane (height, width) blurred in place, radius < height and radius < width; scratch: (height + 1) * width + 2 *
// radius floats.
// 4 (2 radius + 1) FLOP per pixel.
GRAMIAN_SIMD_DECLARE(void, blur,
    (int32_t height, int32_t width, int32_t radius, const float* kernel, float* scratch, float* plane))
