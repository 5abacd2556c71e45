// One output pixel as a weighted sum over rows and columns, a warp per row of 32 outputs: resampling and blur.
//
// The warp first sums rows of a stretch of columns into shared memory, then each lane its columns from there; a wider
// footprint takes several stretches, so that any scale fits. 2 kChannels (rows + columns) FLOP per pixel, where an
// output sees (rows, columns) inputs and neighbours share the first part.
#pragma once

#include "tile/shared.h"

namespace gramian {
namespace image {

constexpr int kTileWidth = 32;  // outputs of a warp
constexpr int kTileHeight = 8;  // warps
constexpr int kThreads = kTileWidth * kTileHeight;
constexpr int kStretch = 128;  // columns: what 32 outputs see up to scale 3

// Inputs start .. start + count of one output, weights[t * stride].
struct Window {
  int32_t start, count;
  const float* weights;
  int64_t stride;
};

// Bytes of the lines of all warps.
__host__ __device__ constexpr size_t lines_bytes(int channels) {
  return tile::shared_bytes<float>(kTileHeight * kStretch * channels);
}

// The line of this warp; lines come from take(kTileHeight * kStretch * kChannels).
template <int kChannels>
__device__ __forceinline__ tile::Shared<float> line_of_warp(tile::Shared<float> lines) {
  return lines + static_cast<int64_t>(threadIdx.x / 32) * kStretch * kChannels;
}

// sum = what this lane's window sees of columns [from, to), which hold the windows of all lanes. All lanes come; one
// without an output has count 0. load(row, column, pixel) reads an input.
template <int kChannels, typename Load>
__device__ __forceinline__ void sum_windows(const Window& rows, const Window& columns, int32_t from, int32_t to,
    tile::Shared<float> line, Load load, float (&sum)[kChannels]) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  for (int c = 0; c < kChannels; ++c) sum[c] = 0;
  for (int32_t begin = from; begin < to; begin += kStretch) {
    const int32_t count = to - begin < kStretch ? to - begin : kStretch;
    for (int32_t k = lane; k < count; k += 32) {
      float column[kChannels] = {};
      for (int32_t t = 0; t < rows.count; ++t) {
        const float weight = rows.weights[t * rows.stride];
        if (t > 0 && weight == 0) continue;  // windows are padded to equal length
        float pixel[kChannels];
        load(rows.start + t, begin + k, pixel);
#pragma unroll
        for (int c = 0; c < kChannels; ++c) column[c] += weight * pixel[c];
      }
#pragma unroll
      for (int c = 0; c < kChannels; ++c) line[k * kChannels + c] = column[c];
    }
    __syncwarp();  // the stretch is whole
    const int32_t offset = columns.start - begin;
    const int32_t last = columns.count < count - offset ? columns.count : count - offset;
    for (int32_t t = offset < 0 ? -offset : 0; t < last; ++t) {
      const float weight = columns.weights[t * columns.stride];
#pragma unroll
      for (int c = 0; c < kChannels; ++c) sum[c] += weight * line[(offset + t) * kChannels + c];
    }
    __syncwarp();  // all have read it
  }
}

}  // namespace image
}  // namespace gramian
