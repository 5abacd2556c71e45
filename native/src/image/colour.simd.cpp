// Grey is 0.2989 r + 0.587 g + 0.114 b and hue works on HSV, as in torchvision's tensor functions.
// Up to 40 FLOP per pixel (hue); each operation reads and writes the planes once.
#include "image/colour.h"

namespace gramian {
namespace GRAMIAN_ISA {

// comparisons that keep NaN
static inline float clamp01(float x) { return x < 0 ? 0.0f : x > 1 ? 1.0f : x; }

static inline float luma(float r, float g, float b) { return 0.2989f * r + 0.587f * g + 0.114f * b; }

void brightness(int32_t channels, int64_t pixels, float factor, float* planes) {
#pragma omp simd
  for (int64_t i = 0; i < channels * pixels; ++i) planes[i] = clamp01(factor * planes[i]);
}

void contrast(int32_t channels, int64_t pixels, float factor, float* planes) {
  const float* g = planes + pixels;
  const float* b = planes + 2 * pixels;
  double sum = 0;  // float64: the mean of a large image keeps its digits
  if (channels == 3) {
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < pixels; ++i) sum += static_cast<double>(luma(planes[i], g[i], b[i]));
  } else {
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < pixels; ++i) sum += static_cast<double>(planes[i]);
  }
  const float offset = (1 - factor) * static_cast<float>(sum / static_cast<double>(pixels));
#pragma omp simd
  for (int64_t i = 0; i < channels * pixels; ++i) planes[i] = clamp01(factor * planes[i] + offset);
}

void saturation(int64_t pixels, float factor, float* planes) {
  float* r = planes;
  float* g = planes + pixels;
  float* b = planes + 2 * pixels;
#pragma omp simd
  for (int64_t i = 0; i < pixels; ++i) {
    const float offset = (1 - factor) * luma(r[i], g[i], b[i]);
    r[i] = clamp01(factor * r[i] + offset);
    g[i] = clamp01(factor * g[i] + offset);
    b[i] = clamp01(factor * b[i] + offset);
  }
}

// Channel of an HSV colour: v - chroma * clamp(min(k, 4 - k)), k = (n + 6 h) mod 6, n = 5, 3, 1 for red, green, blue.
static inline float hsv_channel(float n, float h6, float v, float chroma) {
  float k = n + h6;
  k = k >= 6 ? k - 6 : k;
  const float rising = k < 4 - k ? k : 4 - k;
  return v - chroma * clamp01(rising);
}

void hue(int64_t pixels, float turns, float* planes) {
  float* rs = planes;
  float* gs = planes + pixels;
  float* bs = planes + 2 * pixels;
#pragma omp simd
  for (int64_t i = 0; i < pixels; ++i) {
    const float r = rs[i], g = gs[i], b = bs[i];
    const float high_rg = r > g ? r : g, low_rg = r < g ? r : g;
    const float v = high_rg > b ? high_rg : b;
    const float chroma = v - (low_rg < b ? low_rg : b);
    const float inverse = 1 / (chroma == 0 ? 1.0f : chroma);  // grey has no hue: any angle gives grey again
    const float from_red = (g - b) * inverse, from_green = 2 + (b - r) * inverse, from_blue = 4 + (r - g) * inverse;
    const float sector = v == r ? from_red : v == g ? from_green : from_blue;
    const float h = sector * (1.0f / 6) + turns;
    const float h6 = 6 * (h - __builtin_floorf(h));
    rs[i] = hsv_channel(5, h6, v, chroma);
    gs[i] = hsv_channel(3, h6, v, chroma);
    bs[i] = hsv_channel(1, h6, v, chroma);
  }
}

void grey(int64_t pixels, float* planes) {
  float* g = planes + pixels;
  float* b = planes + 2 * pixels;
#pragma omp simd
  for (int64_t i = 0; i < pixels; ++i) planes[i] = g[i] = b[i] = luma(planes[i], g[i], b[i]);
}

void solarize(int64_t count, float threshold, float* planes) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) planes[i] = planes[i] < threshold ? planes[i] : 1 - planes[i];
}

void to_planes(const void* source, bool is_float, int32_t channels, int64_t pixels, float* planes) {
  for (int32_t c = 0; c < channels; ++c) {
    float* out = planes + c * pixels;
    if (is_float) {
      const float* in = static_cast<const float*>(source) + c;
#pragma omp simd
      for (int64_t i = 0; i < pixels; ++i) out[i] = in[i * channels];
    } else {
      const uint8_t* in = static_cast<const uint8_t*>(source) + c;
#pragma omp simd
      for (int64_t i = 0; i < pixels; ++i) out[i] = static_cast<float>(in[i * channels]) * (1.0f / 255);
    }
  }
}

void normalise(
    int32_t channels, int64_t pixels, const float* planes, const float* mean, const float* std, float* out) {
  for (int32_t c = 0; c < channels; ++c) {
    const float* in = planes + c * pixels;
    const float centre = mean[c], scale = 1 / std[c];
#pragma omp simd
    for (int64_t i = 0; i < pixels; ++i) out[i * channels + c] = (in[i] - centre) * scale;
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
