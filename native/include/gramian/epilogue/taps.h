// Filter taps of one resampled axis, as torchvision has them: pixel centres at i + 0.5, scale = input / output.
//   plain      bilinear: triangle around the two nearest centres; bicubic: Keys' kernel with a = -0.75; edges
//              replicated
//   antialias  the filter is stretched by max(scale, 1), cut at the edges and normalised; bicubic has a = -0.5 (as
//              Pillow)
// And of a Gaussian blur. All in float64: a weight is rounded once.
#pragma once

#include <math.h>
#include <stdint.h>

#include "gramian/host_device.h"

namespace gramian {
namespace taps {

// One axis: how many inputs become how many outputs, and how.
struct Axis {
  int32_t input, output;
  bool bicubic, antialias;
};

GRAMIAN_HOST_DEVICE int32_t clamped(int32_t i, int32_t low, int32_t high) {
  return i < low ? low : i > high ? high : i;
}

// Keys' cubic convolution kernel.
GRAMIAN_HOST_DEVICE double cubic(double x, double a) {
  x = fabs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

GRAMIAN_HOST_DEVICE double triangle(double x) { return fabs(x) < 1 ? 1 - fabs(x) : 0; }

GRAMIAN_HOST_DEVICE double stretch(const Axis& axis) {
  const double scale = static_cast<double>(axis.input) / axis.output;
  return scale > 1 ? scale : 1;
}

// The most inputs that one output can see.
GRAMIAN_HOST_DEVICE int32_t needed(const Axis& axis) {
  int32_t count = axis.bicubic ? 4 : 2;
  // both ends of the window are rounded to the nearest pixel: one more than its width
  if (axis.antialias) count = static_cast<int32_t>(ceil(count * stretch(axis))) + 1;
  return count < axis.input ? count : axis.input;
}

GRAMIAN_HOST_DEVICE int32_t fill_plain(const Axis& axis, int32_t i, int32_t count, float* weights, int64_t stride) {
  double at = (i + 0.5) * (static_cast<double>(axis.input) / axis.output) - 0.5;
  if (!axis.bicubic && at < 0) at = 0;
  const int32_t first = static_cast<int32_t>(floor(at)) - (axis.bicubic ? 1 : 0);
  const int32_t start = clamped(first, 0, axis.input - count);
  for (int32_t j = first; j < first + (axis.bicubic ? 4 : 2); ++j) {
    const double weight = axis.bicubic ? cubic(j - at, -0.75) : triangle(j - at);
    weights[(clamped(j, 0, axis.input - 1) - start) * stride] += static_cast<float>(weight);
  }
  return start;
}

GRAMIAN_HOST_DEVICE int32_t fill_antialias(const Axis& axis, int32_t i, int32_t count, float* weights, int64_t stride) {
  const double width = stretch(axis);
  const double support = (axis.bicubic ? 2 : 1) * width;
  const double centre = (i + 0.5) * (static_cast<double>(axis.input) / axis.output);
  const double low = centre - support + 0.5;
  const double high = centre + support + 0.5;
  const int32_t first = low < 0 ? 0 : static_cast<int32_t>(low);
  const int32_t last = high > axis.input ? axis.input : static_cast<int32_t>(high);
  const int32_t start = clamped(first, 0, axis.input - count);
  double sum = 0;
  for (int32_t j = first; j < last; ++j) {
    const double x = (j - centre + 0.5) / width;
    sum += axis.bicubic ? cubic(x, -0.5) : triangle(x);
  }
  for (int32_t j = first; j < last; ++j) {
    const double x = (j - centre + 0.5) / width;
    weights[(j - start) * stride] = static_cast<float>((axis.bicubic ? cubic(x, -0.5) : triangle(x)) / sum);
  }
  return start;
}

// Output i is the sum over t < count of weights[t * stride] * input[start + t]; returns start, start + count <= input.
GRAMIAN_HOST_DEVICE int32_t fill(const Axis& axis, int32_t i, int32_t count, float* weights, int64_t stride) {
  for (int32_t t = 0; t < count; ++t) weights[t * stride] = 0;
  return axis.antialias ? fill_antialias(axis, i, count, weights, stride)
                        : fill_plain(axis, i, count, weights, stride);
}

// A Gaussian before its sum is known.
GRAMIAN_HOST_DEVICE double bell(int32_t t, float sigma) {
  return exp(-0.5 * t * t / (static_cast<double>(sigma) * sigma));
}

// Position i of a row whose borders are mirrored without repeating the edge; -size < i < 2 size - 1.
GRAMIAN_HOST_DEVICE int32_t reflected(int32_t i, int32_t size) {
  const int32_t positive = i < 0 ? -i : i;
  return positive < size ? positive : 2 * (size - 1) - positive;
}

}  // namespace taps
}  // namespace gramian
