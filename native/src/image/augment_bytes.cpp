// One view after the other in the arithmetic of Pillow, views shared out over the threads. A view's pixels depend on
// its parameters alone, so the schedule may be dynamic. Scratch per thread: the largest source that colours come first
// in, the crop with resampled columns, two results, weights.
#include "gramian/epilogue/augment_bytes.h"

#include <omp.h>

#include <algorithm>

#include "core/context.h"
#include "core/status.h"

namespace gramian {
namespace bytes {
namespace {

struct OneThread {
  template <typename F>
  void each(int64_t count, F f) const {
    for (int64_t i = 0; i < count; ++i) f(i);
  }
  template <typename F>
  void grid(int64_t rows, int64_t columns, F f) const {
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < columns; ++j) f(i, j);
    }
  }
  template <typename F>
  int64_t total(int64_t count, F f) const {
    int64_t sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += f(i);
    return sum;
  }
};

}  // namespace
}  // namespace bytes
}  // namespace gramian

gramian_status gramian_augment_bytes(gramian_context* context, int64_t n, const gramian_view* views, int32_t channels,
    int32_t out_height, int32_t out_width, int32_t bicubic, const float* mean, const float* std, float* out) {
  using namespace gramian::bytes;
  return gramian::guarded([&] {
    const Frame frame = Frame::of(channels, out_height, out_width, bicubic != 0, mean, std);
    Need need;
    for (int64_t i = 0; i < n; ++i) need.cover(views[i], frame);
    const int threads = static_cast<int>(std::max<int64_t>(1, std::min<int64_t>(context->threads, n)));
    context->begin();
    uint8_t* scratch = context->scratch<uint8_t>(need.image_bytes(frame) * threads);
    int32_t* tables = context->scratch<int32_t>(need.table_entries(frame) * threads);
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (int64_t i = 0; i < n; ++i) {
      const int thread = omp_get_thread_num();
      const Buffers buffers = need.cut(
          frame, scratch + thread * need.image_bytes(frame), tables + thread * need.table_entries(frame));
      augment(OneThread(), views[i], frame, buffers, out + i * frame.size());
    }
  });
}
