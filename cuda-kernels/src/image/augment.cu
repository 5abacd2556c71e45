// A batch of augmented views. Where shared memory holds a view's result, one kernel makes all of it (augment_whole.cu);
// larger ones, here: crop, resize, colour in one kernel, which writes the result unless something stands in its way:
// contrast needs the mean of the whole image, and blur the neighbours. Those views take one more kernel each.
//
// A block has 8 rows of 32 pixels of one view. Bytes: the source's crop and the result once; with contrast or blur the
// result is written and read once more each, as planes in scratch memory (the size of the result). Formulas:
// gramian/epilogue/taps.h and colour.h, which the CPU shares.
#include "gramian/image.h"

#include "image/steps.h"

namespace gramian {
namespace {

using namespace image;

static_assert(sizeof(gramian_view) == 80, "callers build this structure byte by byte");

__device__ __forceinline__ int64_t number_of_block(const Batch& batch) {
  return static_cast<int64_t>(blockIdx.x) / batch.tiles;
}

__device__ __forceinline__ Place place_of_block(const Batch& batch) {
  return {batch, static_cast<int32_t>(blockIdx.x % batch.tiles)};
}

template <int kChannels>
__device__ __forceinline__ float* planes_of(const Batch& batch, const Tables& tables, int64_t number) {
  return tables.planes == nullptr ? nullptr : tables.planes + number * kChannels * plane_of(batch);
}

// Shares of the grey of the sources whose contrast comes before the crop. 32 blocks per view.
template <int kChannels>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce) augment_source_sums(Batch batch, Tables tables) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads / 32);
  const int64_t number = static_cast<int64_t>(blockIdx.x) / kSourceParts;
  const int part = static_cast<int>(blockIdx.x % kSourceParts);
  const View& view = tables.views[number];
  if (!needs_source_mean(view.of)) return;
  const double sum = tile::block_sum(source_grey<kChannels>(batch, view, part), scratch);
  if (threadIdx.x == 0) tables.sums[number * tables.parts + part] = sum;
}

// Up to contrast, whose shares of the grey it writes.
template <int kChannels>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce)
    augment_crop(Batch batch, Tables tables, float* __restrict__ out) {
  tile::SharedMemory memory;
  const auto lines = memory.take<float>(kTileHeight * kStretch * kChannels);
  const auto scratch = memory.take<double>(kThreads / 32);
  const auto offset_of_all = memory.take<float>(1);
  const Place at = place_of_block(batch);
  const int64_t number = number_of_block(batch);
  const View& view = tables.views[number];
  double* sums = tables.sums + number * tables.parts;
  const float offset = needs_source_mean(view.of)
                           ? contrast_offset<const double*>(view, sums, kSourceParts,
                                 static_cast<int64_t>(view.of.height) * view.of.width, scratch, offset_of_all)
                           : 0.0f;
  const double grey = crop_tile<kChannels>(batch, view, number, at, offset,
      tables.starts + number * (batch.height + batch.width), tables.weights + view.weights,
      planes_of<kChannels>(batch, tables, number), lines, out);
  if (!needs_crop_mean(view.of)) return;  // the whole block
  const double sum = tile::block_sum(grey, scratch);
  if (threadIdx.x == 0) sums[at.tile] = sum;
}

// Contrast and what comes behind it.
template <int kChannels>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce)
    augment_contrast(Batch batch, Tables tables, float* __restrict__ out) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads / 32);
  const auto offset_of_all = memory.take<float>(1);
  const int64_t number = number_of_block(batch);
  const View& view = tables.views[number];
  if (!needs_crop_mean(view.of)) return;  // the whole block
  const float offset = contrast_offset<const double*>(
      view, tables.sums + number * tables.parts, batch.tiles, plane_of(batch), scratch, offset_of_all);
  contrast_pixel<kChannels>(
      batch, view, number, place_of_block(batch), offset, planes_of<kChannels>(batch, tables, number), out);
}

template <int kChannels>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce)
    augment_blur(Batch batch, Tables tables, float* __restrict__ out) {
  tile::SharedMemory memory;
  const auto lines = memory.take<float>(kTileHeight * kStretch * kChannels);
  const int64_t number = number_of_block(batch);
  const View& view = tables.views[number];
  if (view.of.blur_radius == 0) return;  // the whole block
  blur_tile<kChannels>(batch, view, number, place_of_block(batch), tables.weights + view.weights,
      planes_of<kChannels>(batch, tables, number), lines, out);
}

template <int kChannels>
void augment(gramian_context* context, const Batch& batch, const gramian_view* views, float* out) {
  bool source_mean = false, crop_mean = false, blur = false;
  for (int64_t i = 0; i < batch.n; ++i) {
    source_mean = source_mean || needs_source_mean(views[i]);
    crop_mean = crop_mean || needs_crop_mean(views[i]);
    blur = blur || views[i].blur_radius > 0;
  }
  Tables tables = {};
  lay_out_views(context, batch, views, &tables);
  tables.parts = batch.tiles > kSourceParts ? batch.tiles : kSourceParts;
  if (source_mean || crop_mean) tables.sums = context->scratch<double>(batch.n * tables.parts);
  if (crop_mean || blur) tables.planes = context->scratch<float>(batch.n * kChannels * batch.height * batch.width);
  const unsigned blocks = static_cast<unsigned>(batch.n * batch.tiles);
  if (source_mean) {
    launch(context->stream,
        {"augment_source_sums", static_cast<unsigned>(batch.n * kSourceParts), kThreads, kScratchBytes},
        augment_source_sums<kChannels>, batch, tables);
  }
  launch(context->stream, {"augment_crop", blocks, kThreads, lines_bytes(kChannels) + kScratchBytes + kOffsetBytes},
      augment_crop<kChannels>, batch, tables, out);
  if (crop_mean) {
    launch(context->stream, {"augment_contrast", blocks, kThreads, kScratchBytes + kOffsetBytes},
        augment_contrast<kChannels>, batch, tables, out);
  }
  if (blur) {
    launch(context->stream, {"augment_blur", blocks, kThreads, lines_bytes(kChannels)}, augment_blur<kChannels>, batch,
        tables, out);
  }
}

}  // namespace

namespace image {

void augment_in_steps(
    gramian_context* context, const Batch& batch, int channels, const gramian_view* views, float* out) {
  if (channels == 3) {
    augment<3>(context, batch, views, out);
  } else {
    augment<1>(context, batch, views, out);
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
    if (image::fits_one_block(batch, channels)) {
      image::augment_whole(context, batch, channels, views, out);
    } else {
      image::augment_in_steps(context, batch, channels, views, out);
    }
  });
}
