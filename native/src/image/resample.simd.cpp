// Rows first: an output row is a weighted sum of source rows, which are contiguous whatever the channels, so that the
// wide
// pass runs in vectors straight from the bytes; the column pass then sees only output rows.
#include "image/resample.h"

namespace gramian {
namespace GRAMIAN_ISA {

template <typename T>
static void sum_rows(const T* pixels, int64_t stride, int64_t count, const float* weights, int32_t taps, float* row) {
  const float first = weights[0];
#pragma omp simd
  for (int64_t k = 0; k < count; ++k) row[k] = first * static_cast<float>(pixels[k]);
  for (int32_t t = 1; t < taps; ++t) {
    const float weight = weights[t];
    if (weight == 0) continue;  // tables are padded to equal length
    const T* line = pixels + t * stride;
#pragma omp simd
    for (int64_t k = 0; k < count; ++k) row[k] += weight * static_cast<float>(line[k]);
  }
}

static void sum_columns(
    const float* row, const Axis& x, int32_t channels, int32_t channel, bool flip, float scale, float* out) {
  const int32_t taps = x.taps;
  for (int32_t i = 0; i < x.size; ++i) {
    const float* weights = x.weights + static_cast<int64_t>(i) * taps;
    const float* at = row + static_cast<int64_t>(x.start[i]) * channels + channel;
    float sum = 0;
    for (int32_t t = 0; t < taps; ++t) sum += weights[t] * at[static_cast<int64_t>(t) * channels];
    out[flip ? x.size - 1 - i : i] = sum * scale;
  }
}

void resample(const Source& source, const Axis& y, const Axis& x, bool flip, bool clamp, float* row, float* planes) {
  const int64_t count = static_cast<int64_t>(source.width) * source.channels;
  const int64_t plane = static_cast<int64_t>(y.size) * x.size;
  const float scale = source.is_float ? 1.0f : 1.0f / 255;
  for (int32_t i = 0; i < y.size; ++i) {
    const float* weights = y.weights + static_cast<int64_t>(i) * y.taps;
    const int64_t first = y.start[i] * source.row;
    if (source.is_float) {
      sum_rows(static_cast<const float*>(source.pixels) + first, source.row, count, weights, y.taps, row);
    } else {
      sum_rows(static_cast<const uint8_t*>(source.pixels) + first, source.row, count, weights, y.taps, row);
    }
    for (int32_t c = 0; c < source.channels; ++c) {
      float* out = planes + c * plane + static_cast<int64_t>(i) * x.size;
      sum_columns(row, x, source.channels, c, flip, scale, out);
      if (!clamp) continue;
#pragma omp simd
      for (int32_t k = 0; k < x.size; ++k) out[k] = out[k] < 0 ? 0 : out[k] > 1 ? 1 : out[k];
    }
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
