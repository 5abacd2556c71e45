// Views that shared memory does not hold, several blocks for each: what waits for the whole image is a launch of its
// own. The first lays out the taps and sums the grey of the source, the second crops and sums the grey of each tile,
// the third has contrast behind the crop, the fourth blurs; those that no view needs are left out. Sums are those of
// the parts and tiles that one block goes through in augment.cu, added in the same order: the bits are the same, and do
// not depend on how many tiles a block takes.
#include "image/group.h"

namespace gramian {
namespace image {
namespace {

// 1024 pixels: a view of 224 x 224 has 49 blocks, so that eight views fill a device of 132 multiprocessors.
constexpr int32_t kTilesOfBlock = 4;

// Blocks (part, view): the taps of a view by its first block, and a share of the grey of its source.
template <int kChannels>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce)
    prepare_views(const __grid_constant__ Group group, Batch batch, Room room) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads / 32);
  const auto total = memory.take<double>(1);
  const View& view = group.views[blockIdx.y];
  const int64_t number = group.first + blockIdx.y;
  if (blockIdx.x == 0) {
    float* weights = room.weights + view.weights;
    int32_t* starts = room.starts_of(batch, number);
    lay_out_rows(view, batch, starts, weights);
    lay_out_columns(view, batch, starts, weights);
    if (view.of.blur_radius > 0) lay_out_blur(view, batch, weights, scratch, total);
    __syncthreads();  // the sum overwrites the scratch memory
  }
  if (!needs_source_mean(view.of)) return;  // the whole block
  const int part = static_cast<int>(blockIdx.x);
  const double sum = tile::block_sum(source_grey<kChannels>(batch, view, part), scratch);
  if (threadIdx.x == 0) room.sums[number * room.parts + part] = sum;
}

// Blocks (tiles, view), as those below.
template <int kChannels>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce)
    crop_views(const __grid_constant__ Group group, Batch batch, Room room, float* __restrict__ out) {
  tile::SharedMemory memory;
  const auto lines = memory.take<float>(kTileHeight * kStretch * kChannels);
  const auto scratch = memory.take<double>(kThreads / 32);
  const auto result = memory.take<float>(1);
  const View& view = group.views[blockIdx.y];
  const int64_t number = group.first + blockIdx.y;
  double* sums = room.sums + number * room.parts;
  float offset = 0;
  if (needs_source_mean(view.of)) {
    offset = contrast_offset(
        view, sums, kSourceParts, static_cast<int64_t>(view.of.height) * view.of.width, scratch, result);
  }
  const int32_t first = static_cast<int32_t>(blockIdx.x) * kTilesOfBlock;
#pragma unroll 1
  for (int32_t tile = first; tile < first + kTilesOfBlock && tile < batch.tiles; ++tile) {
    const double grey = crop_tile<kChannels>(batch, view, number, Place(batch, tile), offset,
        room.starts_of(batch, number), room.weights + view.weights, room.planes + number * room.floats, lines, out);
    if (!needs_crop_mean(view.of)) continue;  // the whole block
    const double sum = tile::block_sum(grey, scratch);
    if (threadIdx.x == 0) sums[tile] = sum;
    __syncthreads();  // the next tile overwrites the scratch memory
  }
}

template <int kChannels>
__global__ void __launch_bounds__(kThreads)
    contrast_views(const __grid_constant__ Group group, Batch batch, Room room, float* __restrict__ out) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads / 32);
  const auto result = memory.take<float>(1);
  const View& view = group.views[blockIdx.y];
  if (!needs_crop_mean(view.of)) return;  // the whole block
  const int64_t number = group.first + blockIdx.y;
  const double* sums = room.sums + number * room.parts;
  const float offset = contrast_offset(view, sums, batch.tiles, plane_of(batch), scratch, result);
  const int32_t first = static_cast<int32_t>(blockIdx.x) * kTilesOfBlock;
#pragma unroll 1
  for (int32_t tile = first; tile < first + kTilesOfBlock && tile < batch.tiles; ++tile) {
    contrast_pixel<kChannels>(
        batch, view, number, Place(batch, tile), offset, room.planes + number * room.floats, out);
  }
}

template <int kChannels>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce)
    blur_views(const __grid_constant__ Group group, Batch batch, Room room, float* __restrict__ out) {
  tile::SharedMemory memory;
  const auto lines = memory.take<float>(kTileHeight * kStretch * kChannels);
  const View& view = group.views[blockIdx.y];
  if (view.of.blur_radius == 0) return;  // the whole block
  const int64_t number = group.first + blockIdx.y;
  const int32_t first = static_cast<int32_t>(blockIdx.x) * kTilesOfBlock;
#pragma unroll 1
  for (int32_t tile = first; tile < first + kTilesOfBlock && tile < batch.tiles; ++tile) {
    blur_tile<kChannels>(batch, view, number, Place(batch, tile), room.weights + view.weights,
        static_cast<const float*>(room.planes + number * room.floats), lines, out);
  }
}

}  // namespace

template <int kChannels>
void make_large_views(
    cudaStream_t stream, const Group& group, unsigned count, const Batch& batch, const Room& room, float* out) {
  const size_t lines = lines_bytes(kChannels);
  const size_t sums = tile::shared_bytes<double>(kThreads / 32);
  const dim3 blocks(static_cast<unsigned>((batch.tiles + kTilesOfBlock - 1) / kTilesOfBlock), count);
  launch(stream,
      {"augment_prepare", dim3(room.source_mean ? kSourceParts : 1, count), kThreads,
          sums + tile::shared_bytes<double>(1)},
      prepare_views<kChannels>, group, batch, room);
  launch(stream, {"augment_crop", blocks, kThreads, lines + sums + tile::shared_bytes<float>(1)},
      crop_views<kChannels>, group, batch, room, out);
  if (room.crop_mean) {
    launch(stream, {"augment_contrast", blocks, kThreads, sums + tile::shared_bytes<float>(1)},
        contrast_views<kChannels>, group, batch, room, out);
  }
  if (room.blur) {
    launch(stream, {"augment_blur", blocks, kThreads, lines}, blur_views<kChannels>, group, batch, room, out);
  }
}

template void make_large_views<1>(cudaStream_t, const Group&, unsigned, const Batch&, const Room&, float*);
template void make_large_views<3>(cudaStream_t, const Group&, unsigned, const Batch&, const Room&, float*);

}  // namespace image
}  // namespace gramian
