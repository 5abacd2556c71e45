// Filter taps as torchvision has them: pixel centres at i + 0.5, scale = input / output.
//   plain      bilinear: triangle around the two nearest centres; bicubic: Keys' kernel with a = -0.75; edges
// replicated
//   antialias  the filter is stretched by max(scale, 1), cut at the edges and normalised; bicubic has a = -0.5 (as
// Pillow)
#include <algorithm>
#include <cmath>

#include "image/resample.h"

namespace gramian {
namespace {

// Keys' cubic convolution kernel.
double cubic(double x, double a) {
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

double triangle(double x) { return std::max(0.0, 1 - std::abs(x)); }

void fill_plain(int32_t input, bool bicubic, Axis& axis) {
  const double scale = static_cast<double>(input) / axis.size;
  for (int32_t i = 0; i < axis.size; ++i) {
    double at = (i + 0.5) * scale - 0.5;
    if (!bicubic) at = std::max(at, 0.0);
    const int32_t floor = static_cast<int32_t>(std::floor(at));
    const int32_t first = bicubic ? floor - 1 : floor;
    const int32_t start = std::clamp(first, 0, input - axis.taps);
    float* weights = axis.weights + static_cast<int64_t>(i) * axis.taps;
    std::fill(weights, weights + axis.taps, 0.0f);
    for (int32_t j = first; j < first + (bicubic ? 4 : 2); ++j) {
      const double weight = bicubic ? cubic(j - at, -0.75) : triangle(j - at);
      weights[std::clamp(j, 0, input - 1) - start] += static_cast<float>(weight);
    }
    axis.start[i] = start;
  }
}

void fill_antialias(int32_t input, bool bicubic, Axis& axis) {
  const double scale = static_cast<double>(input) / axis.size;
  const double stretch = std::max(scale, 1.0);
  const double support = (bicubic ? 2 : 1) * stretch;
  for (int32_t i = 0; i < axis.size; ++i) {
    const double centre = (i + 0.5) * scale;
    const int32_t first = std::max(static_cast<int32_t>(centre - support + 0.5), 0);
    const int32_t last = std::min(static_cast<int32_t>(centre + support + 0.5), input);
    const int32_t start = std::clamp(first, 0, input - axis.taps);
    float* weights = axis.weights + static_cast<int64_t>(i) * axis.taps;
    std::fill(weights, weights + axis.taps, 0.0f);
    double sum = 0;
    for (int32_t j = first; j < last; ++j) {
      const double x = (j - centre + 0.5) / stretch;
      sum += bicubic ? cubic(x, -0.5) : triangle(x);
    }
    for (int32_t j = first; j < last; ++j) {
      const double x = (j - centre + 0.5) / stretch;
      weights[j - start] = static_cast<float>((bicubic ? cubic(x, -0.5) : triangle(x)) / sum);
    }
    axis.start[i] = start;
  }
}

}  // namespace

int32_t taps_needed(int32_t input, int32_t output, bool bicubic, bool antialias) {
  int32_t taps = bicubic ? 4 : 2;
  if (antialias) {
    const double stretch = std::max(static_cast<double>(input) / output, 1.0);
    // both ends of the window are rounded to the nearest pixel: one more than its width
    taps = static_cast<int32_t>(std::ceil(taps * stretch)) + 1;
  }
  return std::min(taps, input);
}

void fill_taps(int32_t input, bool bicubic, bool antialias, Axis& axis) {
  if (antialias) {
    fill_antialias(input, bicubic, axis);
  } else {
    fill_plain(input, bicubic, axis);
  }
}

}  // namespace gramian
