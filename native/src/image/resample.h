// Separable resampling of a crop: tables of filter taps, and the pass that applies them.
#pragma once

#include "core/simd.h"

namespace gramian {

// Filter taps of one axis: output i = sum_t weights[i * taps + t] * input[start[i] + t], start[i] + taps <= input
// length.
struct Axis {
  int32_t* start;
  float* weights;
  int32_t taps;
  int32_t size;  // outputs
};

// Taps that a table needs: the most inputs that one output can see.
int32_t taps_needed(int32_t input, int32_t output, bool bicubic, bool antialias);

// Fills start and weights, which must hold axis.size and axis.size * axis.taps values.
void fill_taps(int32_t input, bool bicubic, bool antialias, Axis& axis);

// A crop: rows of interleaved channels.
struct Source {
  const void* pixels;  // first pixel of the crop
  int64_t row;         // elements from one row to the next
  int32_t width;       // columns of the crop
  int32_t channels;    // interleaved channels
  bool is_float;       // float32, otherwise uint8 (scaled by 1/255)
};

}  // namespace gramian

// planes (channels, y.size, x.size) = resampled crop, columns reversed when flip; row: scratch of width * channels
// floats.
// 2 y.size (width y.taps + x.size x.taps) channels FLOP. clamp: results are cut to [0, 1] (bicubic overshoots).
GRAMIAN_SIMD_DECLARE(void, resample,
    (const ::gramian::Source& source, const ::gramian::Axis& y, const ::gramian::Axis& x, bool flip, bool clamp,
        float* row, float* planes))
