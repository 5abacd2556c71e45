// All of a view in one kernel: a block lays out its taps, takes the mean of the source where contrast needs it, crops,
// takes the mean of the crop, and blurs, with the result between two steps in shared memory (planes). For results of up
// to 64 KiB: 73 x 73 pixels of three channels. Three blocks are then on a multiprocessor at a time; larger ones would
// leave it half empty, and go the road of augment.cu. Both give the same bits.
//
// Bytes: the source's crop once (and the whole source, where contrast comes before the crop), the result once.
#include "image/steps.h"

namespace gramian {
namespace image {
namespace {

// 96 bytes each: below the 32,764 that kernels take as parameters since CUDA 12.1.
constexpr int kMostViews = 320;
constexpr int64_t kMostPlaneFloats = 64 * 1024 / sizeof(float);
// Blocks of a multiprocessor: 80 registers a thread.
constexpr int kWholeBlocks = 3;

struct Group {
  View views[kMostViews];
  int64_t first;  // number of the first one in the batch
};

// Where a block keeps what it needs of all pixels.
struct Whole {
  tile::Shared<float> planes, lines;
  tile::Shared<double> sums, scratch, total;
  tile::Shared<float> offset;
};

// What contrast before the crop adds.
template <int kChannels>
__device__ __forceinline__ float source_offset(const Batch& batch, const View& view, const Whole& in) {
  if (!needs_source_mean(view.of)) return 0;  // the whole block
  for (int part = 0; part < kSourceParts; ++part) {
    const double sum = tile::block_sum(source_grey<kChannels>(batch, view, part), in.scratch);
    if (threadIdx.x == 0) in.sums[part] = sum;
    __syncthreads();  // the next part overwrites the scratch memory; at the end, all read the sums
  }
  return contrast_offset(
      view, in.sums, kSourceParts, static_cast<int64_t>(view.of.height) * view.of.width, in.scratch, in.offset);
}

template <int kChannels>
__global__ void __launch_bounds__(kThreads, kWholeBlocks) augment_view(const __grid_constant__ Group group,
    Batch batch, int32_t* starts, float* weights, int64_t plane_floats, int32_t parts, float* __restrict__ out) {
  tile::SharedMemory memory;
  Whole in;
  in.planes = memory.take<float>(plane_floats);
  in.lines = memory.take<float>(kTileHeight * kStretch * kChannels);
  in.sums = memory.take<double>(parts);
  in.scratch = memory.take<double>(kThreads / 32);
  in.total = memory.take<double>(1);
  in.offset = memory.take<float>(1);
  const View& view = group.views[blockIdx.x];
  const int64_t number = group.first + blockIdx.x;
  starts += number * (batch.height + batch.width);
  weights += view.weights;
  lay_out_rows(view, batch, starts, weights);
  lay_out_columns(view, batch, starts, weights);
  if (view.of.blur_radius > 0) lay_out_blur(view, batch, weights, in.scratch, in.total);
  __syncthreads();  // all read the taps, and overwrite the scratch memory

  const bool waits = needs_crop_mean(view.of);
  float offset = source_offset<kChannels>(batch, view, in);
#pragma unroll 1
  for (int32_t tile = 0; tile < batch.tiles; ++tile) {
    const double grey = crop_tile<kChannels>(
        batch, view, number, Place(batch, tile), offset, starts, weights, in.planes, in.lines, out);
    if (!waits) continue;  // the whole block
    const double sum = tile::block_sum(grey, in.scratch);
    if (threadIdx.x == 0) in.sums[tile] = sum;
    __syncthreads();  // the next tile overwrites the scratch memory; at the end, all read sums and planes
  }
  if (waits) {
    offset = contrast_offset(view, in.sums, batch.tiles, plane_of(batch), in.scratch, in.offset);
#pragma unroll 1
    for (int32_t tile = 0; tile < batch.tiles; ++tile) {
      contrast_pixel<kChannels>(batch, view, number, Place(batch, tile), offset, in.planes, out);
    }
  }
  if (view.of.blur_radius == 0) return;  // the whole block
  __syncthreads();  // a pixel sees those of other threads
#pragma unroll 1
  for (int32_t tile = 0; tile < batch.tiles; ++tile) {
    blur_tile<kChannels>(batch, view, number, Place(batch, tile), weights, in.planes, in.lines, out);
  }
}

// What all views of a batch need.
struct Needs {
  bool planes = false, source_mean = false, crop_mean = false;
  int64_t weights = 0;
};

Needs needs_of(const Batch& batch, const gramian_view* views) {
  Needs all;
  for (int64_t i = 0; i < batch.n; ++i) {
    planned(batch, views[i], &all.weights);
    all.source_mean = all.source_mean || needs_source_mean(views[i]);
    all.crop_mean = all.crop_mean || needs_crop_mean(views[i]);
    all.planes = all.planes || needs_crop_mean(views[i]) || views[i].blur_radius > 0;
  }
  return all;
}

}  // namespace

bool fits_one_block(const Batch& batch, int channels) {
  return channels * static_cast<int64_t>(batch.height) * batch.width <= kMostPlaneFloats;
}

void augment_whole(gramian_context* context, const Batch& batch, int channels, const gramian_view* views, float* out) {
  const Needs needs = needs_of(batch, views);
  const int64_t floats = needs.planes ? channels * static_cast<int64_t>(batch.height) * batch.width : 1;
  const int32_t sums = needs.crop_mean ? batch.tiles : 1;
  const int32_t parts = needs.source_mean && kSourceParts > sums ? kSourceParts : sums;
  const size_t bytes = tile::shared_bytes<float>(floats) + lines_bytes(channels) + tile::shared_bytes<double>(parts) +
                       kScratchBytes + tile::shared_bytes<double>(1) + kOffsetBytes;
  int32_t* starts = context->scratch<int32_t>(batch.n * (batch.height + batch.width));
  float* taps = context->scratch<float>(needs.weights);
  int64_t weights = 0;
  Group group = {};
  for (int64_t first = 0; first < batch.n; first += kMostViews) {
    group.first = first;
    const int64_t count = batch.n - first < kMostViews ? batch.n - first : kMostViews;
    for (int64_t i = 0; i < count; ++i) group.views[i] = planned(batch, views[first + i], &weights);
    launch(context->stream, {"augment_view", static_cast<unsigned>(count), kThreads, bytes},
        channels == 3 ? augment_view<3> : augment_view<1>, group, batch, starts, taps, floats, parts, out);
  }
}

}  // namespace image
}  // namespace gramian
