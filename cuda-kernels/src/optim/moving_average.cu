// Moving averages of many tensors: the momentum encoders of MoCo (arXiv 1911.05722, equation 2) and BYOL (2006.07733,
// equation 1). 3 FLOP and 12 bytes per element.
#include "gramian/optim.h"
#include "optim/table.h"

namespace gramian {
namespace {

using namespace optim;

// From the nearer end, so that no rounding of 1 - momentum adds up over the steps: equal values stay equal.
__global__ void __launch_bounds__(kThreads)
    moving_average(const __grid_constant__ Table table, float keep, float take, bool near_target) {
  const Slot& slot = table.slots[slot_of_block(table)];
  for_each_element(slot, [&](int64_t i) {
    const float online = slot.gradient[i];
    if (keep == 0) {  // a copy, whatever the target holds: it may be uninitialised
      slot.parameter[i] = online;
      return;
    }
    const float target = slot.parameter[i];
    slot.parameter[i] = near_target ? target + take * (online - target) : online + keep * (target - online);
  });
}

}  // namespace
}  // namespace gramian

gramian_status gramian_moving_average(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* targets, const gramian_input* online, double momentum) {
  using namespace gramian;
  return guarded([&] {
    if (momentum == 1) return;
    for_each_table({tensors, sizes, targets, online, nullptr, nullptr, nullptr, nullptr}, [&](const Table& table) {
      launch(context->stream, blocks_of("moving_average", table), moving_average, table, static_cast<float>(momentum),
          static_cast<float>(1 - momentum), momentum > 0.5);
    });
  });
}
