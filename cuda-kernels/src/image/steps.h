// The steps of augmentation on one pixel or one tile. Planes (channels, height, width) hold a result between two
// steps, in shared memory or in device memory.
#pragma once

#include "image/views.h"

namespace gramian {
namespace image {

// Blocks, or parts, that share the sum over one source.
constexpr int kSourceParts = 32;

// Where a thread stands: pixel (y, x) of a view; inside, if the result has it.
struct Place {
  int32_t tile, y, x, left;  // left: x of lane 0

  __device__ __forceinline__ Place(const Batch& batch, int32_t tile_)
      : tile(tile_), y(tile / batch.tiles_wide * kTileHeight + static_cast<int32_t>(threadIdx.x / 32)),
        x(tile % batch.tiles_wide * kTileWidth + static_cast<int32_t>(threadIdx.x % 32)),
        left(tile % batch.tiles_wide * kTileWidth) {}
  __device__ __forceinline__ bool has_row(const Batch& batch) const { return y < batch.height; }
  __device__ __forceinline__ bool inside(const Batch& batch) const { return y < batch.height && x < batch.width; }
  // x of the last lane that has a pixel
  __device__ __forceinline__ int32_t right(const Batch& batch) const {
    return left + kTileWidth < batch.width ? left + kTileWidth - 1 : batch.width - 1;
  }
};

template <int kChannels>
__device__ __forceinline__ void read_source(const View& view, bool source_float, int64_t pixel, float (&p)[kChannels]) {
  const int64_t at = pixel * kChannels;
  if (source_float) {
    const float* source = static_cast<const float*>(view.of.pixels) + at;
    for (int c = 0; c < kChannels; ++c) p[c] = source[c];
  } else {
    const uint8_t* source = static_cast<const uint8_t*>(view.of.pixels) + at;
    for (int c = 0; c < kChannels; ++c) p[c] = static_cast<float>(source[c]);
  }
}

// In [0, 1], as colours need it.
template <int kChannels>
__device__ __forceinline__ void read_scaled(const View& view, bool source_float, int64_t pixel, float (&p)[kChannels]) {
  read_source(view, source_float, pixel, p);
  for (float& x : p) x = source_float ? x : x * (1.0f / 255);
}

// The last steps of a view without blur, or with it behind it: solarize, normalise, store.
template <int kChannels>
__device__ __forceinline__ void finish(const Batch& batch, const View& view, int64_t number, int64_t y, int64_t x,
    const float (&p)[kChannels], float* out) {
  float* to = out + ((number * batch.height + y) * batch.width + x) * kChannels;
  for (int c = 0; c < kChannels; ++c) {
    const float value = view.of.solarize <= 1 ? colour::solarized(p[c], view.of.solarize) : p[c];
    to[c] = (value - batch.mean[c]) * batch.scale[c];
  }
}

// Pixels of a plane.
__device__ __forceinline__ int64_t plane_of(const Batch& batch) {
  return static_cast<int64_t>(batch.height) * batch.width;
}

// Into the planes if another step comes, else the last steps.
template <int kChannels, typename Planes>
__device__ __forceinline__ void pass_on(const Batch& batch, Planes planes, const View& view, int64_t number, int64_t y,
    int64_t x, bool more, const float (&p)[kChannels], float* out) {
  if (!more) {
    finish(batch, view, number, y, x, p, out);
    return;
  }
  for (int c = 0; c < kChannels; ++c) planes[c * plane_of(batch) + y * batch.width + x] = p[c];
}

// This thread's share of the grey of a source, part of kSourceParts.
template <int kChannels>
__device__ __forceinline__ double source_grey(const Batch& batch, const View& view, int part) {
  const uint32_t steps = steps_before_contrast(colour_steps(view.of));
  const int64_t pixels = static_cast<int64_t>(view.of.height) * view.of.width;
  double sum = 0;
  for (int64_t i = part * kThreads + static_cast<int64_t>(threadIdx.x); i < pixels; i += kSourceParts * kThreads) {
    float p[kChannels];
    read_scaled(view, batch.source_float, i, p);
    run_steps(steps, view.of, 0, p);
    sum += static_cast<double>(grey_of(p));
  }
  return sum;
}

// Crop, resize and flip; colours before it, or behind it up to contrast. Returns the grey of this thread's pixel. All
// threads call it; offset is that of a contrast before the crop.
template <int kChannels, typename Planes>
__device__ __forceinline__ double crop_tile(const Batch& batch, const View& view, int64_t number, const Place& at,
    float offset, const int32_t* starts, const float* weights, Planes planes, tile::Shared<float> lines, float* out) {
  const bool first = view.of.colour_first != 0;
  const uint32_t steps = colour_steps(view.of);
  float p[kChannels] = {};
  if (at.has_row(batch)) {
    const int32_t* column_starts = starts + batch.height;
    const Window rows = {starts[at.y], view.row_taps, weights + static_cast<int64_t>(at.y) * view.row_taps, 1};
    const int32_t x = at.x < batch.width ? at.x : 0;
    const Window columns = {column_starts[x], at.x < batch.width ? view.column_taps : 0,
        weights + static_cast<int64_t>(batch.height) * view.row_taps + x, batch.width};
    sum_windows(rows, columns, column_starts[at.left], column_starts[at.right(batch)] + view.column_taps,
        line_of_warp<kChannels>(lines),
        [&](int32_t row, int32_t column, float(&pixel)[kChannels]) {
          const int64_t source = static_cast<int64_t>(view.of.top + row) * view.of.width + view.of.left + column;
          if (first) {
            read_scaled(view, batch.source_float, source, pixel);
            run_steps(steps, view.of, offset, pixel);
          } else {
            read_source(view, batch.source_float, source, pixel);
          }
        },
        p);
  }
  if (!at.inside(batch)) return 0;
  for (float& value : p) {
    if (!first && !batch.source_float) value *= 1.0f / 255;
    // Keys' kernel overshoots; values of a uint8 image stay in their range
    if (batch.bicubic && !batch.source_float) value = colour::clamp01(value);
  }
  if (!first) run_steps(steps_before_contrast(steps), view.of, 0, p);
  const int32_t x = view.of.flip != 0 ? batch.width - 1 - at.x : at.x;
  pass_on(batch, planes, view, number, at.y, x, needs_crop_mean(view.of) || view.of.blur_radius > 0, p, out);
  return static_cast<double>(grey_of(p));
}

// Contrast behind the crop, and what comes behind it.
template <int kChannels, typename Planes>
__device__ __forceinline__ void contrast_pixel(const Batch& batch, const View& view, int64_t number, const Place& at,
    float offset, Planes planes, float* out) {
  if (!at.inside(batch)) return;
  const int64_t pixel = static_cast<int64_t>(at.y) * batch.width + at.x;
  float p[kChannels];
  for (int c = 0; c < kChannels; ++c) p[c] = planes[c * plane_of(batch) + pixel];
  run_steps(steps_from_contrast(colour_steps(view.of)), view.of, offset, p);
  pass_on(batch, planes, view, number, at.y, at.x, view.of.blur_radius > 0, p, out);
}

template <int kChannels, typename Planes>
__device__ __forceinline__ void blur_tile(const Batch& batch, const View& view, int64_t number, const Place& at,
    const float* weights, Planes planes, tile::Shared<float> lines, float* out) {
  if (!at.has_row(batch)) return;  // the whole warp
  const int32_t radius = view.of.blur_radius;
  const float* bell = weights + static_cast<int64_t>(view.row_taps) * batch.height +
                      static_cast<int64_t>(view.column_taps) * batch.width;
  const Window rows = {at.y - radius, 2 * radius + 1, bell, 1};
  const Window columns = {at.x - radius, at.x < batch.width ? 2 * radius + 1 : 0, bell, 1};
  float p[kChannels];
  sum_windows(rows, columns, at.left - radius, at.right(batch) + radius + 1, line_of_warp<kChannels>(lines),
      [&](int32_t row, int32_t column, float(&pixel)[kChannels]) {
        const int64_t from = static_cast<int64_t>(taps::reflected(row, batch.height)) * batch.width +
                             taps::reflected(column, batch.width);
        for (int c = 0; c < kChannels; ++c) pixel[c] = planes[c * plane_of(batch) + from];
      },
      p);
  if (at.x < batch.width) finish(batch, view, number, at.y, at.x, p, out);
}

// Whether shared memory holds the planes of a view, beside those of other blocks.
bool fits_shared_memory(const Batch& batch, int channels);
// All views, with planes in shared memory, if they fit, or in device memory: the same bits.
void augment(gramian_context* context, const Batch& batch, int channels, const gramian_view* views, bool shared,
    float* out);
// What it is called with; mean and std have a number for each channel.
Batch batch_of(int64_t n, int32_t height, int32_t width, int32_t channels, const float* mean, const float* std);

}  // namespace image
}  // namespace gramian
