#include "image/views.h"

namespace gramian {
namespace image {
namespace {

constexpr int kMostViews = 32;  // 96 bytes each: below the 4 KiB that every device takes as parameters

struct Group {
  View views[kMostViews];
  int64_t first;  // number of the first one in the batch
};

// Block (part, view): part 0 lays out the view and has the taps of its rows, part 1 of its columns, part 2 of its blur.
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce)
    lay_out_view(const __grid_constant__ Group group, Batch batch, Tables tables) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads / 32);
  const auto total = memory.take<double>(1);
  const View& view = group.views[blockIdx.y];
  const int64_t number = group.first + blockIdx.y;
  int32_t* starts = tables.starts + number * (batch.height + batch.width);
  float* weights = tables.weights + view.weights;
  if (blockIdx.x == 0) {
    if (threadIdx.x == 0) tables.views[number] = view;
    lay_out_rows(view, batch, starts, weights);
  } else if (blockIdx.x == 1) {
    lay_out_columns(view, batch, starts, weights);
  } else {
    lay_out_blur(view, batch, weights, scratch, total);
  }
}

}  // namespace

View planned(const Batch& batch, const gramian_view& view, int64_t* weights) {
  View plan = {view, *weights, 0, 0};
  plan.row_taps = taps::needed({view.crop_height, batch.height, batch.bicubic, batch.antialias});
  plan.column_taps = taps::needed({view.crop_width, batch.width, batch.bicubic, batch.antialias});
  *weights += static_cast<int64_t>(plan.row_taps) * batch.height;
  *weights += static_cast<int64_t>(plan.column_taps) * batch.width;
  *weights += 2 * static_cast<int64_t>(view.blur_radius) + 1;
  return plan;
}

void lay_out_views(gramian_context* context, const Batch& batch, const gramian_view* views, Tables* tables) {
  int64_t weights = 0;
  for (int64_t i = 0; i < batch.n; ++i) planned(batch, views[i], &weights);
  tables->views = context->scratch<View>(batch.n);
  tables->starts = context->scratch<int32_t>(batch.n * (batch.height + batch.width));
  tables->weights = context->scratch<float>(weights);
  weights = 0;
  constexpr size_t kBytes = tile::shared_bytes<double>(kThreads / 32) + tile::shared_bytes<double>(1);
  for (int64_t first = 0; first < batch.n; first += kMostViews) {
    Group group = {};
    group.first = first;
    const int64_t count = batch.n - first < kMostViews ? batch.n - first : kMostViews;
    for (int64_t i = 0; i < count; ++i) group.views[i] = planned(batch, views[first + i], &weights);
    launch(context->stream, {"augment_lay_out", dim3(3, static_cast<unsigned>(count)), kThreads, kBytes}, lay_out_view,
        group, batch, *tables);
  }
}

}  // namespace image
}  // namespace gramian
