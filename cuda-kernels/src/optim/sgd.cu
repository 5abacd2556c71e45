// SGD with momentum, and LARS: SGD whose gradient is scaled by a trust ratio per tensor (You et al. 2017, arXiv
// 1708.03888). Bytes per element: SGD 20, LARS 28.
#include <cmath>

#include "gramian/optim.h"
#include "optim/table.h"

namespace gramian {
namespace {

using namespace optim;

// m = momentum m + scale (g + decay p); p -= rate (nesterov ? scale (g + decay p) + momentum m : m).
struct SgdStep {
  float momentum;
  bool nesterov;
  __device__ __forceinline__ void operator()(const Slot& slot, float scale, float decay, float rate) const {
    for_each_element(slot, [&](int64_t i) {
      const float update = scale * (slot.gradient[i] + decay * slot.parameter[i]);
      const float m = momentum * slot.first[i] + update;
      slot.first[i] = m;
      slot.parameter[i] -= rate * (nesterov ? update + momentum * m : m);
    });
  }
};

__global__ void __launch_bounds__(kThreads) sgd_step(const __grid_constant__ Table table, SgdStep step) {
  const Slot& slot = table.slots[slot_of_block(table)];
  step(slot, 1.0f, slot.decay, slot.rate);
}

// What the norms of a tensor become.
struct Trust {
  float scale, decay, rate;
};

struct LarsSettings {
  double eta, eps;
  bool raw;   // the norm of the gradient without weight decay
  bool classic;  // the rate inside the momentum
  bool clip;  // the ratio at most the rate
  uint64_t adapted;  // bit s: slot s has a trust ratio

  __device__ __forceinline__ bool adapts(int slot) const { return (adapted >> slot & 1) != 0; }
  // Zero norms give 1: a tensor that starts at zero must be able to leave it. NaN stays NaN.
  __device__ __forceinline__ Trust trust(const Slot& slot, const Squares& squares) const {
    const double parameter = sqrt(squares.parameter);
    const double update = sqrt(squares.update);
    const bool zero = parameter == 0 || update == 0;
    const double decayed = zero ? 1.0 : eta * parameter / update;
    if (classic) return {static_cast<float>(slot.rate * decayed), slot.decay, 1.0f};
    if (!raw) return {static_cast<float>(decayed), slot.decay, slot.rate};
    if (zero) return {1.0f, 0.0f, slot.rate};  // this form then skips weight decay too
    const double decay = slot.decay;
    const double rate = slot.rate;
    const double ratio = eta * parameter / (update + decay * parameter + eps);
    const double clipped = clip ? (ratio / rate > 1 ? 1 : ratio / rate) : ratio;
    return {static_cast<float>(clipped), slot.decay, slot.rate};
  }
  __device__ __forceinline__ Trust plain(const Slot& slot) const {
    if (classic) return {slot.rate, slot.decay, 1.0f};
    return {1.0f, slot.decay, slot.rate};
  }
};

__global__ void __launch_bounds__(kThreads)
    lars_norms(const __grid_constant__ Table table, LarsSettings settings, Squares* __restrict__ squares) {
  const int s = slot_of_block(table);
  const Slot& slot = table.slots[s];
  Squares mine = {0, 0};
  if (settings.adapts(s)) {
    const double decay = settings.raw ? 0.0 : slot.decay;
    for_each_element(slot, [&](int64_t i) {
      const double p = slot.parameter[i];
      const double update = slot.gradient[i] + decay * p;
      mine.parameter += p * p;
      mine.update += update * update;
    });
  }
  store_squares(mine, squares);
}

// A warp per tensor.
__global__ void lars_trusts(const __grid_constant__ Table table, LarsSettings settings,
    const Squares* __restrict__ squares, Trust* __restrict__ trusts) {
  const int s = static_cast<int>(blockIdx.x);
  const Squares sum = sum_of_slot(table, s, squares);
  if (threadIdx.x != 0) return;
  const Slot& slot = table.slots[s];
  trusts[s] = settings.adapts(s) ? settings.trust(slot, sum) : settings.plain(slot);
}

__global__ void __launch_bounds__(kThreads)
    lars_step(const __grid_constant__ Table table, SgdStep step, const Trust* __restrict__ trusts) {
  const int s = slot_of_block(table);
  step(table.slots[s], trusts[s].scale, trusts[s].decay, trusts[s].rate);
}

}  // namespace
}  // namespace gramian

gramian_status gramian_sgd_step(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* parameters, const gramian_input* gradients, const gramian_output* momenta,
    const double* rates, const double* decays, double momentum, int32_t nesterov) {
  using namespace gramian;
  return guarded([&] {
    const SgdStep step = {static_cast<float>(momentum), nesterov != 0};
    for_each_table({tensors, sizes, parameters, gradients, momenta, nullptr, rates, decays},
        [&](const Table& table) { launch(context->stream, blocks_of("sgd_step", table), sgd_step, table, step); });
  });
}

gramian_status gramian_lars_step(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* parameters, const gramian_input* gradients, const gramian_output* momenta,
    const double* rates, const double* decays, const int32_t* adapted, double momentum, double eta, double eps,
    int32_t form, int32_t clip) {
  using namespace gramian;
  return guarded([&] {
    const SgdStep step = {static_cast<float>(momentum), false};
    for_each_table({tensors, sizes, parameters, gradients, momenta, nullptr, rates, decays}, [&](const Table& table) {
      LarsSettings settings = {eta, eps, form == GRAMIAN_LARS_RAW_NORM, form == GRAMIAN_LARS_CLASSIC, clip != 0, 0};
      for (int s = 0; s < table.count; ++s) {
        if (adapted[table.slots[s].index] != 0) settings.adapted |= 1ull << s;
      }
      context->begin();  // the next table's kernels come after this one's in the stream
      Squares* squares = context->scratch<Squares>(table.blocks);
      Trust* trusts = context->scratch<Trust>(table.count);
      launch(context->stream, blocks_of("lars_norms", table, kSquaresBytes), lars_norms, table, settings, squares);
      launch(context->stream, {"lars_trusts", static_cast<unsigned>(table.count), 32}, lars_trusts, table, settings,
          squares, trusts);
      launch(context->stream, blocks_of("lars_step", table), lars_step, table, step, trusts);
    });
  });
}
