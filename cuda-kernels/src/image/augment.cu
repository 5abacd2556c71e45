// A batch of augmented views by one kernel: a block for each view lays out its taps, takes the mean of the source where
// contrast needs it, crops, takes the mean of the crop, and blurs. Between two steps the result stands in planes
// (channels, height, width): in shared memory up to 64 KiB (73 x 73 pixels of three channels), so that three blocks are
// on a multiprocessor at a time, else in device memory. Both give the same bits.
//
// Bytes: the source's crop once (and the whole source, where contrast comes before the crop), the result once; planes
// in device memory are written and read once more for contrast and for blur each. Formulas: gramian/epilogue/taps.h
// and colour.h, which the CPU shares.
#include "gramian/image.h"

#include "image/steps.h"

namespace gramian {
namespace image {
namespace {

static_assert(sizeof(gramian_view) == 80, "callers build this structure byte by byte");

// 96 bytes each: below the 32,764 that kernels take as parameters since CUDA 12.1.
constexpr int kMostViews = 320;
constexpr int64_t kMostPlaneFloats = 64 * 1024 / sizeof(float);
// Blocks of a multiprocessor: 80 registers a thread.
constexpr int kBlocksAtOnce = 3;

struct Group {
  View views[kMostViews];
  int64_t first;  // number of the first one in the batch
};

// Device memory of a batch, and what each view needs of planes and sums, there or in shared memory.
struct Room {
  int32_t* starts;  // (n, height + width): first input of each row and column
  float* weights;
  int64_t floats;
  int32_t parts;
  float* planes;  // (n, floats); null: shared
  double* sums;   // (n, parts), shares of the grey of an image; null: shared
};

// What the threads of a block share besides.
struct Block {
  tile::Shared<float> lines;
  tile::Shared<double> scratch, total;
  tile::Shared<float> offset;
};

// What contrast before the crop adds.
template <int kChannels, typename Sums>
__device__ __forceinline__ float source_offset(const Batch& batch, const View& view, Sums sums, const Block& block) {
  if (!needs_source_mean(view.of)) return 0;  // the whole block
  for (int part = 0; part < kSourceParts; ++part) {
    const double sum = tile::block_sum(source_grey<kChannels>(batch, view, part), block.scratch);
    if (threadIdx.x == 0) sums[part] = sum;
    __syncthreads();  // the next part overwrites the scratch memory; at the end, all read the sums
  }
  return contrast_offset(view, sums, kSourceParts, static_cast<int64_t>(view.of.height) * view.of.width, block.scratch,
      block.offset);
}

template <int kChannels, typename Planes, typename Sums>
__device__ __forceinline__ void make_view(const Batch& batch, const View& view, int64_t number, const int32_t* starts,
    const float* weights, Planes planes, Sums sums, const Block& block, float* out) {
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

template <int kChannels, bool kShared>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce)
    augment_view(const __grid_constant__ Group group, Batch batch, Room room, float* __restrict__ out) {
  tile::SharedMemory memory;
  Block block;
  block.lines = memory.take<float>(kTileHeight * kStretch * kChannels);
  block.scratch = memory.take<double>(kThreads / 32);
  block.total = memory.take<double>(1);
  block.offset = memory.take<float>(1);
  const View& view = group.views[blockIdx.x];
  const int64_t number = group.first + blockIdx.x;
  int32_t* starts = room.starts + number * (batch.height + batch.width);
  float* weights = room.weights + view.weights;
  lay_out_rows(view, batch, starts, weights);
  lay_out_columns(view, batch, starts, weights);
  if (view.of.blur_radius > 0) lay_out_blur(view, batch, weights, block.scratch, block.total);
  __syncthreads();  // all read the taps, and overwrite the scratch memory
  if constexpr (kShared) {
    const auto planes = memory.take<float>(room.floats);
    const auto sums = memory.take<double>(room.parts);
    make_view<kChannels>(batch, view, number, starts, weights, planes, sums, block, out);
  } else {
    make_view<kChannels>(batch, view, number, starts, weights, room.planes + number * room.floats,
        room.sums + number * room.parts, block, out);
  }
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
  bool planes = false, source_mean = false, crop_mean = false;
  int64_t weights = 0;
  for (int64_t i = 0; i < batch.n; ++i) {
    planned(batch, views[i], &weights);
    source_mean = source_mean || needs_source_mean(views[i]);
    crop_mean = crop_mean || needs_crop_mean(views[i]);
    planes = planes || needs_crop_mean(views[i]) || views[i].blur_radius > 0;
  }
  Room room = {};
  room.starts = context->scratch<int32_t>(batch.n * (batch.height + batch.width));
  room.weights = context->scratch<float>(weights);
  room.floats = planes ? channels * static_cast<int64_t>(batch.height) * batch.width : 1;
  const int32_t sums = crop_mean ? batch.tiles : 1;
  room.parts = source_mean && kSourceParts > sums ? kSourceParts : sums;
  if (!shared) {
    room.planes = context->scratch<float>(batch.n * room.floats);
    room.sums = context->scratch<double>(batch.n * room.parts);
  }
  return room;
}

template <int kChannels, bool kShared>
void run(gramian_context* context, const Batch& batch, const gramian_view* views, float* out) {
  const Room room = room_of(context, batch, kChannels, views, kShared);
  size_t bytes = lines_bytes(kChannels) + tile::shared_bytes<double>(kThreads / 32) + tile::shared_bytes<double>(1) +
                 tile::shared_bytes<float>(1);
  if (kShared) bytes += tile::shared_bytes<float>(room.floats) + tile::shared_bytes<double>(room.parts);
  int64_t weights = 0;
  Group group = {};
  for (int64_t first = 0; first < batch.n; first += kMostViews) {
    group.first = first;
    const int64_t count = batch.n - first < kMostViews ? batch.n - first : kMostViews;
    for (int64_t i = 0; i < count; ++i) group.views[i] = planned(batch, views[first + i], &weights);
    launch(context->stream, {"augment_view", static_cast<unsigned>(count), kThreads, bytes},
        augment_view<kChannels, kShared>, group, batch, room, out);
  }
}

}  // namespace

bool fits_shared_memory(const Batch& batch, int channels) {
  return channels * static_cast<int64_t>(batch.height) * batch.width <= kMostPlaneFloats;
}

void augment(gramian_context* context, const Batch& batch, int channels, const gramian_view* views, bool shared,
    float* out) {
  if (channels == 3) {
    (shared ? run<3, true> : run<3, false>)(context, batch, views, out);
  } else {
    (shared ? run<1, true> : run<1, false>)(context, batch, views, out);
  }
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
