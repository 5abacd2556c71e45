// Colours of one pixel, values in [0, 1], as torchvision's tensor functions have them: grey is 0.2989 r + 0.587 g +
// 0.114 b, hue works on HSV. Up to 40 FLOP (hue).
#pragma once

#include <math.h>

#include "gramian/host_device.h"

namespace gramian {
namespace colour {

// Comparisons that keep NaN.
GRAMIAN_HOST_DEVICE float clamp01(float x) { return x < 0 ? 0.0f : x > 1 ? 1.0f : x; }

GRAMIAN_HOST_DEVICE float luma(float r, float g, float b) { return 0.2989f * r + 0.587f * g + 0.114f * b; }

// Contrast adds this to factor x; saturation too, with the grey of the pixel for the mean.
GRAMIAN_HOST_DEVICE float towards(float factor, float mean) { return (1 - factor) * mean; }

GRAMIAN_HOST_DEVICE float solarized(float x, float threshold) { return x < threshold ? x : 1 - x; }

// Channel of an HSV colour: v - chroma * clamp(min(k, 4 - k)), k = (n + 6 h) mod 6, n = 5, 3, 1 for red, green, blue.
GRAMIAN_HOST_DEVICE float hsv_channel(float n, float h6, float v, float chroma) {
  float k = n + h6;
  k = k >= 6 ? k - 6 : k;
  const float rising = k < 4 - k ? k : 4 - k;
  return v - chroma * clamp01(rising);
}

struct Hsv {
  float h6, v, chroma;  // hue in sixths of the circle, [0, 6)
};

// The colour with its hue turned by a fraction of the circle.
GRAMIAN_HOST_DEVICE Hsv turned(float r, float g, float b, float turns) {
  const float high_rg = r > g ? r : g, low_rg = r < g ? r : g;
  const float v = high_rg > b ? high_rg : b;
  const float chroma = v - (low_rg < b ? low_rg : b);
  const float inverse = 1 / (chroma == 0 ? 1.0f : chroma);  // grey has no hue: any angle gives grey again
  const float from_red = (g - b) * inverse, from_green = 2 + (b - r) * inverse, from_blue = 4 + (r - g) * inverse;
  const float sector = v == r ? from_red : v == g ? from_green : from_blue;
  const float h = sector * (1.0f / 6) + turns;
  return {6 * (h - floorf(h)), v, chroma};
}

}  // namespace colour
}  // namespace gramian
