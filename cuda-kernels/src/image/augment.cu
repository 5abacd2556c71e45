// A batch of augmented views. Where shared memory holds the planes of a view (up to 64 KiB: 73 x 73 pixels of three
// channels), by one kernel: a block for each view lays out its taps, takes the mean of the source where contrast needs
// it, crops, takes the mean of the crop, and blurs, with the planes (channels, height, width) in shared memory between
// two steps, so that three blocks are on a multiprocessor at a time. Larger views are those of augment_large.cu, with
// the same bits.
//
// Bytes: the source's crop once (and the whole source, where contrast comes before the crop), the result once; planes
// in device memory are written and read once more for contrast and for blur each. Formulas: gramian/epilogue/taps.h
// and colour.h, which the CPU shares.
#include "gramian/image.h"

#include "image/group.h"

namespace gramian {
namespace image {
namespace {

static_assert(sizeof(gramian_view) == 80, "callers build this structure byte by byte");

constexpr int64_t kMostPlaneFloats = 64 * 1024 / sizeof(float);

// What the threads of a block share besides.
struct Block {
  tile::Shared<float> lines;
  tile::Shared<double> scratch, total;
  tile::Shared<float> offset;
};

// What contrast before the crop adds.
template <int kChannels>
__device__ __forceinline__ float source_offset(
    const Batch& batch, const View& view, tile::Shared<double> sums, const Block& block) {
  if (!needs_source_mean(view.of)) return 0;  // the whole block
  for (int part = 0; part < kSourceParts; ++part) {
    const double sum = tile::block_sum(source_grey<kChannels>(batch, view, part), block.scratch);
    if (threadIdx.x == 0) sums[part] = sum;
    __syncthreads();  // the next part overwrites the scratch memory; at the end, all read the sums
  }
  return contrast_offset(view, sums, kSourceParts, static_cast<int64_t>(view.of.height) * view.of.width, block.scratch,
      block.offset);
}

template <int kChannels>
__device__ __forceinline__ void make_view(const Batch& batch, const View& view, int64_t number, const int32_t* starts,
    const float* weights, tile::Shared<float> planes, tile::Shared<double> sums, const Block& block, float* out) {
  const bool waits = needs_crop_mean(view.of);
  float offset = source_offset<kChannels>(batch, view, sums, block);
#pragma unroll 1
  for (int32_t tile = 0; tile < batch.tiles; ++tile) {
    const double grey = crop_tile<kChannels>(
        batch, view, number, Place(batch, tile), offset, starts, weights, planes, block.lines, out);
    if (!waits) continue;  // the whole block
    const double sum = tile::block_sum(grey, block.scratch);
    if (threadIdx.x == 0) sums[tile] = sum;
    __syncthreads();  // the next tile overwrites the scratch memory; at the end, all read sums and planes
  }
  if (waits) {
    offset = contrast_offset(view, sums, batch.tiles, plane_of(batch), block.scratch, block.offset);
#pragma unroll 1
    for (int32_t tile = 0; tile < batch.tiles; ++tile) {
      contrast_pixel<kChannels>(batch, view, number, Place(batch, tile), offset, planes, out);
    }
  }
  if (view.of.blur_radius == 0) return;  // the whole block
  __syncthreads();  // a pixel sees those of other threads
#pragma unroll 1
  for (int32_t tile = 0; tile < batch.tiles; ++tile) {
    blur_tile<kChannels>(batch, view, number, Place(batch, tile), weights, planes, block.lines, out);
  }
}

template <int kChannels>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce)
    augment_view(const __grid_constant__ Group group, Batch batch, Room room, float* __restrict__ out) {
  tile::SharedMemory memory;
  Block block;
  block.lines = memory.take<float>(kTileHeight * kStretch * kChannels);
  block.scratch = memory.take<double>(kThreads / 32);
  block.total = memory.take<double>(1);
  block.offset = memory.take<float>(1);
  const auto planes = memory.take<float>(room.floats);
  const auto sums = memory.take<double>(room.parts);
  const View& view = group.views[blockIdx.x];
  const int64_t number = group.first + blockIdx.x;
  int32_t* starts = room.starts_of(batch, number);
  float* weights = room.weights + view.weights;
  lay_out_rows(view, batch, starts, weights);
  lay_out_columns(view, batch, starts, weights);
  if (view.of.blur_radius > 0) lay_out_blur(view, batch, weights, block.scratch, block.total);
  __syncthreads();  // all read the taps, and overwrite the scratch memory
  make_view<kChannels>(batch, view, number, starts, weights, planes, sums, block, out);
}

// A view with its taps behind the first *weights numbers of the array, which grow by them.
View planned(const Batch& batch, const gramian_view& view, int64_t* weights) {
  View plan = {view, *weights, 0, 0};
  plan.row_taps = taps::needed({view.crop_height, batch.height, batch.bicubic, batch.antialias});
  plan.column_taps = taps::needed({view.crop_width, batch.width, batch.bicubic, batch.antialias});
  *weights += static_cast<int64_t>(plan.row_taps) * batch.height;
  *weights += static_cast<int64_t>(plan.column_taps) * batch.width;
  *weights += 2 * static_cast<int64_t>(view.blur_radius) + 1;
  return plan;
}

// Memory for all views.
Room room_of(gramian_context* context, const Batch& batch, int channels, const gramian_view* views, bool shared) {
  Room room = {};
  int64_t weights = 0;
  for (int64_t i = 0; i < batch.n; ++i) {
    planned(batch, views[i], &weights);
    room.source_mean = room.source_mean || needs_source_mean(views[i]);
    room.crop_mean = room.crop_mean || needs_crop_mean(views[i]);
    room.blur = room.blur || views[i].blur_radius > 0;
  }
  room.starts = context->scratch<int32_t>(batch.n * (batch.height + batch.width));
  room.weights = context->scratch<float>(weights);
  room.floats = room.crop_mean || room.blur ? channels * static_cast<int64_t>(batch.height) * batch.width : 1;
  const int32_t sums = room.crop_mean ? batch.tiles : 1;
  room.parts = room.source_mean && kSourceParts > sums ? kSourceParts : sums;
  if (!shared) {
    room.planes = context->scratch<float>(batch.n * room.floats);
    room.sums = context->scratch<double>(batch.n * room.parts);
  }
  return room;
}

template <int kChannels>
void run(gramian_context* context, const Batch& batch, const gramian_view* views, bool shared, float* out) {
  const Room room = room_of(context, batch, kChannels, views, shared);
  const size_t bytes = lines_bytes(kChannels) + tile::shared_bytes<double>(kThreads / 32) +
                       tile::shared_bytes<double>(1) + tile::shared_bytes<float>(1) +
                       tile::shared_bytes<float>(room.floats) + tile::shared_bytes<double>(room.parts);
  int64_t weights = 0;
  Group group = {};
  for (int64_t first = 0; first < batch.n; first += kMostViews) {
    group.first = first;
    const int64_t count = batch.n - first < kMostViews ? batch.n - first : kMostViews;
    for (int64_t i = 0; i < count; ++i) group.views[i] = planned(batch, views[first + i], &weights);
    if (shared) {
      launch(context->stream, {"augment_view", static_cast<unsigned>(count), kThreads, bytes}, augment_view<kChannels>,
          group, batch, room, out);
    } else {
      make_large_views<kChannels>(context->stream, group, static_cast<unsigned>(count), batch, room, out);
    }
  }
}

}  // namespace

bool fits_shared_memory(const Batch& batch, int channels) {
  return channels * static_cast<int64_t>(batch.height) * batch.width <= kMostPlaneFloats;
}

void augment(gramian_context* context, const Batch& batch, int channels, const gramian_view* views, bool shared,
    float* out) {
  (channels == 3 ? run<3> : run<1>)(context, batch, views, shared, out);
}

Batch batch_of(int64_t n, int32_t height, int32_t width, int32_t channels, const float* mean, const float* std) {
  const int32_t wide = (width + kTileWidth - 1) / kTileWidth;
  Batch batch = {n, height, width, wide, wide * ((height + kTileHeight - 1) / kTileHeight), false, false, false, {},
      {}};
  for (int c = 0; c < channels; ++c) {
    batch.mean[c] = mean[c];
    batch.scale[c] = 1 / std[c];
  }
  return batch;
}

}  // namespace image
}  // namespace gramian

gramian_status gramian_augment(gramian_context* context, int64_t n, const gramian_view* views, int32_t channels,
    int32_t source_float, int32_t out_height, int32_t out_width, int32_t bicubic, int32_t antialias, const float* mean,
    const float* std, float* out) {
  using namespace gramian;
  return guarded([&] {
    if (n == 0 || out_height == 0 || out_width == 0) return;
    context->begin();
    image::Batch batch = image::batch_of(n, out_height, out_width, channels, mean, std);
    batch.source_float = source_float != 0;
    batch.bicubic = bicubic != 0;
    batch.antialias = antialias != 0;
    image::augment(context, batch, channels, views, image::fits_shared_memory(batch, channels), out);
  });
}
