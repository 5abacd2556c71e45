// Formulas: gramian/epilogue/colour.h. Each operation reads and writes the planes once.
#include "image/colour.h"

#include "gramian/epilogue/colour.h"

namespace gramian {
namespace GRAMIAN_ISA {

using colour::clamp01;
using colour::luma;

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
  const float offset = colour::towards(factor, static_cast<float>(sum / static_cast<double>(pixels)));
#pragma omp simd
  for (int64_t i = 0; i < channels * pixels; ++i) planes[i] = clamp01(factor * planes[i] + offset);
}

void saturation(int64_t pixels, float factor, float* planes) {
  float* r = planes;
  float* g = planes + pixels;
  float* b = planes + 2 * pixels;
#pragma omp simd
  for (int64_t i = 0; i < pixels; ++i) {
    const float offset = colour::towards(factor, luma(r[i], g[i], b[i]));
    r[i] = clamp01(factor * r[i] + offset);
    g[i] = clamp01(factor * g[i] + offset);
    b[i] = clamp01(factor * b[i] + offset);
  }
}

void hue(int64_t pixels, float turns, float* planes) {
  float* rs = planes;
  float* gs = planes + pixels;
  float* bs = planes + 2 * pixels;
#pragma omp simd
  for (int64_t i = 0; i < pixels; ++i) {
    const colour::Hsv hsv = colour::turned(rs[i], gs[i], bs[i], turns);
    rs[i] = colour::hsv_channel(5, hsv.h6, hsv.v, hsv.chroma);
    gs[i] = colour::hsv_channel(3, hsv.h6, hsv.v, hsv.chroma);
    bs[i] = colour::hsv_channel(1, hsv.h6, hsv.v, hsv.chroma);
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
  for (int64_t i = 0; i < count; ++i) planes[i] = colour::solarized(planes[i], threshold);
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
