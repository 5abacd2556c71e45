// Views in the arithmetic of Pillow: a block per view goes through gramian/epilogue/augment_bytes.h, which the CPU
// shares, with a barrier after every operation; images and weights stand in device memory.
//
// The parameters travel as a kernel parameter, 32 views a launch, and launches share the scratch memory in stream
// order: at most 32 blocks run at a time. This is for results that must equal a pipeline on Pillow images; augment.cu
// is the fast one.
#include "gramian/epilogue/augment_bytes.h"

#include "core/context.h"
#include "tile/reduce.h"

namespace gramian {
namespace bytes {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;
constexpr int kMostViews = 32;  // 80 bytes each: with the rest below the 4 KiB that every device takes as parameters

struct Views {
  gramian_view of[kMostViews];
};

// The team of augment_bytes.h: everybody waits at the end of each operation for what the others wrote.
struct BlockTeam {
  tile::Shared<double> shares;  // (warps)
  tile::Shared<double> sum;     // (1)

  template <typename F>
  __device__ __forceinline__ void each(int64_t count, F f) const {
    for (int64_t i = threadIdx.x; i < count; i += kThreads) f(i);
    __syncthreads();
  }
  template <typename F>
  __device__ __forceinline__ void grid(int64_t rows, int64_t columns, F f) const {
    for (int64_t i = threadIdx.x; i < rows * columns; i += kThreads) f(i / columns, i % columns);
    __syncthreads();
  }
  // Exact: the integers stay far below 2^53.
  template <typename F>
  __device__ __forceinline__ int64_t total(int64_t count, F f) const {
    int64_t mine = 0;
    for (int64_t i = threadIdx.x; i < count; i += kThreads) mine += f(i);
    const double all = tile::block_sum(static_cast<double>(mine), shares);
    if (threadIdx.x == 0) sum[0] = all;
    __syncthreads();  // thread 0 has the sum, the others need it
    const double known = sum[0];
    __syncthreads();  // nobody may overwrite what another still reads
    return static_cast<int64_t>(known);
  }
};

__global__ void __launch_bounds__(kThreads)
    augment_bytes_kernel(Views views, Frame frame, Need need, uint8_t* images, int32_t* tables, float* out) {
  tile::SharedMemory memory;
  const auto shares = memory.take<double>(kWarps);
  const auto sum = memory.take<double>(1);
  const BlockTeam team = {shares, sum};
  const int64_t view = blockIdx.x;
  const Buffers buffers =
      need.cut(frame, images + view * need.image_bytes(frame), tables + view * need.table_entries(frame));
  augment(team, views.of[view], frame, buffers, out + view * frame.size());
}

}  // namespace
}  // namespace bytes
}  // namespace gramian

gramian_status gramian_augment_bytes(gramian_context* context, int64_t n, const gramian_view* views, int32_t channels,
    int32_t out_height, int32_t out_width, int32_t bicubic, const float* mean, const float* std, float* out) {
  using namespace gramian::bytes;
  return gramian::guarded([&] {
    const Frame frame = Frame::of(channels, out_height, out_width, bicubic != 0, mean, std);
    if (frame.size() == 0) return;
    Need need;
    for (int64_t i = 0; i < n; ++i) need.cover(views[i], frame);
    const int64_t most = n < kMostViews ? n : kMostViews;
    context->begin();
    uint8_t* images = context->scratch<uint8_t>(need.image_bytes(frame) * most);
    int32_t* tables = context->scratch<int32_t>(need.table_entries(frame) * most);
    const size_t shared = gramian::tile::shared_bytes<double>(kWarps) + gramian::tile::shared_bytes<double>(1);
    for (int64_t first = 0; first < n; first += kMostViews) {
      const int64_t count = n - first < kMostViews ? n - first : kMostViews;
      Views some = {};
      for (int64_t i = 0; i < count; ++i) some.of[i] = views[first + i];
      gramian::launch(context->stream, {"augment_bytes", static_cast<unsigned>(count), kThreads, shared},
          augment_bytes_kernel, some, frame, need, images, tables, out + first * frame.size());
    }
  });
}
