// Which of many tensors went bad: one read of them, 4 bytes per element, no branch.
#include "gramian/optim.h"
#include "optim/table.h"

namespace gramian {
namespace {

using namespace optim;

__global__ void nothing_found(int64_t* first) { *first = -1; }

// marks[block of the launch] = index of its tensor if a value is not finite, kNone otherwise.
constexpr int64_t kNone = INT64_MAX;

__global__ void __launch_bounds__(kThreads)
    mark_not_finite(const __grid_constant__ Table table, int64_t* __restrict__ marks) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<float>(kThreads / 32);
  const Slot& slot = table.slots[slot_of_block(table)];
  float sum = 0;  // 0 x is 0 for every number, and NaN for NaN and the infinities
  for_each_element(slot, [&](int64_t i) { sum += 0.0f * slot.gradient[i]; });
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x == 0) marks[blockIdx.x] = sum == 0 ? kNone : slot.index;
}

// A warp: the least mark, unless an earlier table had one.
__global__ void least_mark(int32_t blocks, const int64_t* __restrict__ marks, int64_t* first) {
  int64_t least = kNone;
  for (int b = static_cast<int>(threadIdx.x); b < blocks; b += 32) least = marks[b] < least ? marks[b] : least;
#pragma unroll
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    const int64_t other = __shfl_xor_sync(tile::kAllLanes, least, lanes);
    least = other < least ? other : least;
  }
  if (threadIdx.x == 0 && least != kNone && *first < 0) *first = least;
}

}  // namespace
}  // namespace gramian

gramian_status gramian_first_not_finite(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_input* values, int64_t* first) {
  using namespace gramian;
  return guarded([&] {
    launch(context->stream, {"nothing_found", 1, 1}, nothing_found, first);
    for_each_table({tensors, sizes, nullptr, values, nullptr, nullptr, nullptr, nullptr}, [&](const Table& table) {
      context->begin();  // the next table's kernels come after this one's in the stream
      int64_t* marks = context->scratch<int64_t>(table.blocks);
      launch(context->stream, blocks_of("mark_not_finite", table, tile::shared_bytes<float>(kThreads / 32)),
          mark_not_finite, table, marks);
      launch(context->stream, {"least_mark", 1, 32}, least_mark, table.blocks, marks, first);
    });
  });
}
