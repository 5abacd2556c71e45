// The views of a batch on the device: parameters, filter taps of both axes, blur kernel.
//
// The parameters travel as kernel parameters, so that nothing is copied to the device and nobody waits.
#pragma once

#include "core/context.h"
#include "gramian/epilogue/colour.h"
#include "gramian/epilogue/taps.h"
#include "gramian/image.h"
#include "image/separable.h"
#include "tile/reduce.h"

namespace gramian {
namespace image {

// One view. Its taps stand in the array of weights from `weights` on: rows (height, row_taps), columns (column_taps,
// width), blur (2 radius + 1).
struct View {
  gramian_view of;
  int64_t weights;
  int32_t row_taps, column_taps;
};

// What all views of a call share.
struct Batch {
  int64_t n;
  int32_t height, width;  // of the result
  int32_t tiles_wide, tiles;
  bool source_float, bicubic, antialias;
  float mean[3], scale[3];  // scale = 1 / std
};

// Colour operations as hexadecimal digits, first one lowest: those of gramian_view, and grey behind them.
constexpr uint32_t kBrightness = 1, kContrast = 2, kSaturation = 3, kHue = 4, kGrey = 5;

__host__ __device__ __forceinline__ uint32_t colour_steps(const gramian_view& view) {
  uint32_t steps = static_cast<uint32_t>(view.jitter_order);
  int digits = 0;
  while (digits < 8 && steps >> (4 * digits) != 0) ++digits;
  return view.grey != 0 && digits < 8 ? steps | kGrey << (4 * digits) : steps;
}

// The steps before contrast, which needs the mean of what they give; all of them where there is none.
__host__ __device__ __forceinline__ uint32_t steps_before_contrast(uint32_t steps) {
  for (int at = 0; at < 32; at += 4) {
    if ((steps >> at & 15) == kContrast) return steps & ((1u << at) - 1);
  }
  return steps;
}

__host__ __device__ __forceinline__ bool has_contrast(const gramian_view& view) {
  const uint32_t steps = colour_steps(view);
  return steps_before_contrast(steps) != steps;
}

// Contrast and what comes behind it.
__host__ __device__ __forceinline__ uint32_t steps_from_contrast(uint32_t steps) {
  for (int at = 0; at < 32; at += 4) {
    if ((steps >> at & 15) == kContrast) return steps >> at << at;
  }
  return 0;
}

// Whether the mean is that of the source, and whether it is that of the cropped image.
__host__ __device__ __forceinline__ bool needs_source_mean(const gramian_view& view) {
  return view.colour_first != 0 && has_contrast(view);
}
__host__ __device__ __forceinline__ bool needs_crop_mean(const gramian_view& view) {
  return view.colour_first == 0 && has_contrast(view);
}

template <int kChannels>
__device__ __forceinline__ float grey_of(const float (&p)[kChannels]) {
  if constexpr (kChannels == 3) {
    return colour::luma(p[0], p[1], p[2]);
  } else {
    return p[0];
  }
}

// What only three channels have.
__device__ __forceinline__ void recolour(uint32_t step, const gramian_view& view, float (&p)[3]) {
  if (step == kHue) {
    const colour::Hsv hsv = colour::turned(p[0], p[1], p[2], view.hue);
    p[0] = colour::hsv_channel(5, hsv.h6, hsv.v, hsv.chroma);
    p[1] = colour::hsv_channel(3, hsv.h6, hsv.v, hsv.chroma);
    p[2] = colour::hsv_channel(1, hsv.h6, hsv.v, hsv.chroma);
  } else if (step == kSaturation) {
    const float offset = colour::towards(view.saturation, grey_of(p));
    for (float& x : p) x = colour::clamp01(view.saturation * x + offset);
  } else if (step == kGrey) {
    p[0] = p[1] = p[2] = grey_of(p);
  }
}
__device__ __forceinline__ void recolour(uint32_t, const gramian_view&, float (&)[1]) {}

// Runs the steps on one pixel; offset is that of contrast.
template <int kChannels>
__device__ __forceinline__ void run_steps(
    uint32_t steps, const gramian_view& view, float offset, float (&p)[kChannels]) {
  for (; steps != 0; steps >>= 4) {
    const uint32_t step = steps & 15;
    if (step == kBrightness) {
      for (float& x : p) x = colour::clamp01(view.brightness * x);
    } else if (step == kContrast) {
      for (float& x : p) x = colour::clamp01(view.contrast * x + offset);
    } else {
      recolour(step, view, p);
    }
  }
}

// What contrast adds: the image's shares of the grey in their order. All threads of the block call it; scratch holds 8
// doubles, result 1 float.
template <typename Sums>
__device__ __forceinline__ float contrast_offset(const View& view, Sums sums, int32_t parts, int64_t pixels,
    tile::Shared<double> scratch, tile::Shared<float> result) {
  double sum = 0;
  for (int32_t i = static_cast<int32_t>(threadIdx.x); i < parts; i += kThreads) sum += static_cast<double>(sums[i]);
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x == 0) {
    result[0] = colour::towards(view.of.contrast, static_cast<float>(sum / static_cast<double>(pixels)));
  }
  __syncthreads();  // all read it
  return result[0];
}

// The taps of one view, by all threads of a block; starts (height + width).
__device__ __forceinline__ void lay_out_rows(
    const View& view, const Batch& batch, int32_t* starts, float* weights) {
  const taps::Axis rows = {view.of.crop_height, batch.height, batch.bicubic, batch.antialias};
  for (int32_t i = static_cast<int32_t>(threadIdx.x); i < batch.height; i += kThreads) {
    starts[i] = taps::fill(rows, i, view.row_taps, weights + static_cast<int64_t>(i) * view.row_taps, 1);
  }
}
__device__ __forceinline__ void lay_out_columns(
    const View& view, const Batch& batch, int32_t* starts, float* weights) {
  const taps::Axis columns = {view.of.crop_width, batch.width, batch.bicubic, batch.antialias};
  float* mine = weights + static_cast<int64_t>(view.row_taps) * batch.height;
  for (int32_t i = static_cast<int32_t>(threadIdx.x); i < batch.width; i += kThreads) {
    starts[batch.height + i] = taps::fill(columns, i, view.column_taps, mine + i, batch.width);
  }
}
// scratch holds 8 doubles, total 1.
__device__ __forceinline__ void lay_out_blur(const View& view, const Batch& batch, float* weights,
    tile::Shared<double> scratch, tile::Shared<double> total) {
  float* bell = weights + static_cast<int64_t>(view.row_taps) * batch.height +
                static_cast<int64_t>(view.column_taps) * batch.width;
  const int thread = static_cast<int>(threadIdx.x);
  const int32_t radius = view.of.blur_radius;
  double sum = 0;
  for (int32_t t = thread - radius; t <= radius; t += kThreads) sum += taps::bell(t, view.of.blur_sigma);
  sum = tile::block_sum(sum, scratch);
  if (thread == 0) total[0] = sum;
  __syncthreads();  // all divide by it
  for (int32_t t = thread - radius; t <= radius; t += kThreads) {
    bell[t + radius] = static_cast<float>(taps::bell(t, view.of.blur_sigma) / static_cast<double>(total[0]));
  }
}

}  // namespace image
}  // namespace gramian
