// A batch of augmented views: crop, resize, colour in one kernel, which writes the result unless something stands in
// its way: contrast needs the mean of the whole image, and blur the neighbours. Those views take one more kernel each.
//
// A block has 8 rows of 32 pixels of one view. Bytes: the source's crop and the result once; with contrast or blur the
// result is written and read once more each, as planes in scratch memory (the size of the result). Formulas:
// gramian/epilogue/taps.h and colour.h, which the CPU shares.
#include "gramian/image.h"

#include "gramian/epilogue/taps.h"
#include "image/views.h"

namespace gramian {
namespace {

using namespace image;

static_assert(sizeof(gramian_view) == 80, "callers build this structure byte by byte");

// Blocks that share the sum over one source.
constexpr int kSourceParts = 32;

// Where a thread stands: pixel (y, x) of view number; inside, if the result has it.
struct Place {
  int64_t number;
  int32_t tile, y, x, left;  // left: x of lane 0

  __device__ __forceinline__ explicit Place(const Batch& batch)
      : number(static_cast<int64_t>(blockIdx.x) / batch.tiles), tile(static_cast<int32_t>(blockIdx.x % batch.tiles)),
        y(tile / batch.tiles_wide * kTileHeight + static_cast<int32_t>(threadIdx.x / 32)),
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

template <int kChannels>
__device__ __forceinline__ float* plane_pixel(
    const Batch& batch, const Tables& tables, int64_t number, int64_t y, int64_t x) {
  return tables.planes + number * kChannels * batch.height * batch.width + y * batch.width + x;
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

// Into the planes if another kernel comes, else the last steps.
template <int kChannels>
__device__ __forceinline__ void pass_on(const Batch& batch, const Tables& tables, const View& view, int64_t number,
    int64_t y, int64_t x, bool more, const float (&p)[kChannels], float* out) {
  if (!more) {
    finish(batch, view, number, y, x, p, out);
    return;
  }
  float* to = plane_pixel<kChannels>(batch, tables, number, y, x);
  const int64_t plane = static_cast<int64_t>(batch.height) * batch.width;
  for (int c = 0; c < kChannels; ++c) to[c * plane] = p[c];
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
  const uint32_t steps = steps_before_contrast(colour_steps(view.of));
  const int64_t pixels = static_cast<int64_t>(view.of.height) * view.of.width;
  double sum = 0;
  for (int64_t i = part * kThreads + static_cast<int64_t>(threadIdx.x); i < pixels; i += kSourceParts * kThreads) {
    float p[kChannels];
    read_scaled(view, batch.source_float, i, p);
    run_steps(steps, view.of, 0, p);
    sum += static_cast<double>(grey_of(p));
  }
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x == 0) tables.sums[number * tables.parts + part] = sum;
}

// Crop, resize and flip; colours before it, or behind it up to contrast, whose shares of the grey it writes.
template <int kChannels>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce)
    augment_crop(Batch batch, Tables tables, float* __restrict__ out) {
  tile::SharedMemory memory;
  const auto lines = memory.take<float>(kTileHeight * kStretch * kChannels);
  const auto scratch = memory.take<double>(kThreads / 32);
  const auto offset_of_all = memory.take<float>(1);
  const Place at(batch);
  const View& view = tables.views[at.number];
  const bool first = view.of.colour_first != 0;
  const uint32_t steps = colour_steps(view.of);
  double* sums = tables.sums + at.number * tables.parts;
  const float offset = needs_source_mean(view.of)
                           ? contrast_offset(view, sums, kSourceParts,
                                 static_cast<int64_t>(view.of.height) * view.of.width, scratch, offset_of_all)
                           : 0.0f;
  float p[kChannels] = {};
  if (at.has_row(batch)) {
    const int32_t* starts = tables.starts + at.number * (batch.height + batch.width);
    const int32_t* column_starts = starts + batch.height;
    const float* weights = tables.weights + view.weights;
    const Window rows = {
        starts[at.y], view.row_taps, weights + static_cast<int64_t>(at.y) * view.row_taps, 1};
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
  const bool waits = needs_crop_mean(view.of);
  double grey = 0;
  if (at.inside(batch)) {
    for (float& value : p) {
      if (!first && !batch.source_float) value *= 1.0f / 255;
      // Keys' kernel overshoots; values of a uint8 image stay in their range
      if (batch.bicubic && !batch.source_float) value = colour::clamp01(value);
    }
    if (!first) run_steps(steps_before_contrast(steps), view.of, 0, p);
    const int32_t x = view.of.flip != 0 ? batch.width - 1 - at.x : at.x;
    pass_on(batch, tables, view, at.number, at.y, x, waits || view.of.blur_radius > 0, p, out);
    grey = static_cast<double>(grey_of(p));
  }
  if (!waits) return;  // the whole block
  grey = tile::block_sum(grey, scratch);
  if (threadIdx.x == 0) sums[at.tile] = grey;
}

// Contrast and what comes behind it.
template <int kChannels>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce)
    augment_contrast(Batch batch, Tables tables, float* __restrict__ out) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads / 32);
  const auto offset_of_all = memory.take<float>(1);
  const Place at(batch);
  const View& view = tables.views[at.number];
  if (!needs_crop_mean(view.of)) return;  // the whole block
  const int64_t plane = static_cast<int64_t>(batch.height) * batch.width;
  const float offset = contrast_offset(
      view, tables.sums + at.number * tables.parts, batch.tiles, plane, scratch, offset_of_all);
  if (!at.inside(batch)) return;
  const float* from = plane_pixel<kChannels>(batch, tables, at.number, at.y, at.x);
  float p[kChannels];
  for (int c = 0; c < kChannels; ++c) p[c] = from[c * plane];
  run_steps(steps_from_contrast(colour_steps(view.of)), view.of, offset, p);
  pass_on(batch, tables, view, at.number, at.y, at.x, view.of.blur_radius > 0, p, out);
}

template <int kChannels>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce)
    augment_blur(Batch batch, Tables tables, float* __restrict__ out) {
  tile::SharedMemory memory;
  const auto lines = memory.take<float>(kTileHeight * kStretch * kChannels);
  const Place at(batch);
  const View& view = tables.views[at.number];
  const int32_t radius = view.of.blur_radius;
  if (radius == 0 || !at.has_row(batch)) return;  // the whole warp
  const float* bell = tables.weights + view.weights + static_cast<int64_t>(view.row_taps) * batch.height +
                      static_cast<int64_t>(view.column_taps) * batch.width;
  const int64_t plane = static_cast<int64_t>(batch.height) * batch.width;
  const Window rows = {at.y - radius, 2 * radius + 1, bell, 1};
  const Window columns = {at.x - radius, at.x < batch.width ? 2 * radius + 1 : 0, bell, 1};
  float p[kChannels];
  sum_windows(rows, columns, at.left - radius, at.right(batch) + radius + 1, line_of_warp<kChannels>(lines),
      [&](int32_t row, int32_t column, float(&pixel)[kChannels]) {
        const float* from = plane_pixel<kChannels>(batch, tables, at.number, taps::reflected(row, batch.height),
            taps::reflected(column, batch.width));
        for (int c = 0; c < kChannels; ++c) pixel[c] = from[c * plane];
      },
      p);
  if (at.x < batch.width) finish(batch, view, at.number, at.y, at.x, p, out);
}

constexpr size_t kScratchBytes = tile::shared_bytes<double>(kThreads / 32);
constexpr size_t kOffsetBytes = tile::shared_bytes<float>(1);

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
}  // namespace gramian

gramian_status gramian_augment(gramian_context* context, int64_t n, const gramian_view* views, int32_t channels,
    int32_t source_float, int32_t out_height, int32_t out_width, int32_t bicubic, int32_t antialias, const float* mean,
    const float* std, float* out) {
  using namespace gramian;
  return guarded([&] {
    if (n == 0 || out_height == 0 || out_width == 0) return;
    context->begin();
    const int32_t wide = (out_width + kTileWidth - 1) / kTileWidth;
    Batch batch = {n, out_height, out_width, wide, wide * ((out_height + kTileHeight - 1) / kTileHeight),
        source_float != 0, bicubic != 0, antialias != 0, {}, {}};
    for (int c = 0; c < channels; ++c) {
      batch.mean[c] = mean[c];
      batch.scale[c] = 1 / std[c];
    }
    if (channels == 3) {
      augment<3>(context, batch, views, out);
    } else {
      augment<1>(context, batch, views, out);
    }
  });
}
