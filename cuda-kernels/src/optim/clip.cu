// The common norm of many gradients, and gradients scaled to it, without the host: the norm stays on the device, where
// the scaling reads it. 4 bytes read an element for the norm, 8 more where it is above the limit.
#include <cfloat>

#include "gramian/optim.h"
#include "optim/table.h"

namespace gramian {
namespace {

using namespace optim;

__global__ void no_squares(double* norm) { *norm = 0; }

// partial[block of the launch] = sum of squares of its stretch: exact squares, which float64 can add without overflow.
__global__ void __launch_bounds__(kThreads)
    gradient_squares(const __grid_constant__ Table table, double* __restrict__ partial) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads / 32);
  const Slot& slot = table.slots[slot_of_block(table)];
  double sum = 0;
  for_each_element(slot, [&](int64_t i) {
    const double g = slot.parameter[i];
    sum += g * g;
  });
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// A warp: adds what the blocks of a launch found, lanes striding, always in the same order.
__global__ void add_squares(int32_t blocks, const double* __restrict__ partial, double* norm) {
  double sum = 0;
  for (int b = static_cast<int>(threadIdx.x); b < blocks; b += 32) sum += partial[b];
  sum = tile::warp_sum(sum);
  if (threadIdx.x == 0) *norm += sum;
}

__global__ void root_of_squares(double* norm) { *norm = sqrt(*norm); }

__global__ void __launch_bounds__(kThreads)
    scale_gradients(const __grid_constant__ Table table, double most, const double* __restrict__ norm) {
  const double length = *norm;
  if (!(length > most && length <= DBL_MAX)) return;  // NaN stays for whoever looks for it
  const Slot& slot = table.slots[slot_of_block(table)];
  const float factor = static_cast<float>(most / length);
  for_each_element(slot, [&](int64_t i) { slot.parameter[i] *= factor; });
}

}  // namespace
}  // namespace gramian

gramian_status gramian_clip_gradients(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* gradients, double most, double* norm) {
  using namespace gramian;
  return guarded([&] {
    const Tensors all = {tensors, sizes, gradients, nullptr, nullptr, nullptr, nullptr, nullptr};
    launch(context->stream, {"no_squares", 1, 1}, no_squares, norm);
    for_each_table(all, [&](const Table& table) {
      context->begin();  // the next table's kernels come after this one's in the stream
      double* partial = context->scratch<double>(table.blocks);
      launch(context->stream, blocks_of("gradient_squares", table, tile::shared_bytes<double>(kThreads / 32)),
          gradient_squares, table, partial);
      launch(context->stream, {"add_squares", 1, 32}, add_squares, table.blocks, partial, norm);
    });
    launch(context->stream, {"root_of_squares", 1, 1}, root_of_squares, norm);
    for_each_table(all, [&](const Table& table) {
      launch(context->stream, blocks_of("scale_gradients", table), scale_gradients, table, most, norm);
    });
  });
}
