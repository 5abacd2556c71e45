// Adam (Kingma and Ba 2015, arXiv 1412.6980), AdamW (Loshchilov and Hutter 2019, 1711.05101, Algorithm 2) and LAMB
// (You et al. 2020, 1904.00962, Algorithm 2: bias-corrected, identity scaling function). Bytes per element: Adam 28,
// LAMB 44.
#include <cmath>

#include "gramian/optim.h"
#include "optim/table.h"

namespace gramian {
namespace {

using namespace optim;

// Numbers of one step: correction1 = 1 / (1 - beta1^step), correction2 = 1 / (1 - beta2^step).
struct AdamFactors {
  float beta1, beta2, eps, correction1, correction2;
  bool decoupled;

  AdamFactors(double beta1_, double beta2_, double eps_, int64_t step, bool decoupled_)
      : beta1(static_cast<float>(beta1_)), beta2(static_cast<float>(beta2_)), eps(static_cast<float>(eps_)),
        // with the beta that the kernels use: 0.999 is not a float
        correction1(static_cast<float>(1 / (1 - std::pow(static_cast<double>(beta1), step)))),
        correction2(static_cast<float>(1 / (1 - std::pow(static_cast<double>(beta2), step)))), decoupled(decoupled_) {}

  // Moves both moments of element i by this gradient.
  __device__ __forceinline__ void move(const Slot& slot, int64_t i, float gradient) const {
    slot.first[i] = beta1 * slot.first[i] + (1.0f - beta1) * gradient;
    slot.second[i] = beta2 * slot.second[i] + (1.0f - beta2) * gradient * gradient;
  }
  // m^ / (sqrt(v^) + eps)
  __device__ __forceinline__ float direction(const Slot& slot, int64_t i) const {
    return slot.first[i] * correction1 / (sqrtf(slot.second[i] * correction2) + eps);
  }
};

__global__ void __launch_bounds__(kThreads) adam_step(const __grid_constant__ Table table, AdamFactors f) {
  const Slot& slot = table.slots[slot_of_block(table)];
  const float coupled = f.decoupled ? 0.0f : slot.decay;
  const float shrink = f.decoupled ? slot.rate * slot.decay : 0.0f;
  for_each_element(slot, [&](int64_t i) {
    const float p = slot.parameter[i];
    f.move(slot, i, slot.gradient[i] + coupled * p);
    slot.parameter[i] = p - shrink * p - slot.rate * f.direction(slot, i);
  });
}

// Moves the moments; sums of p^2 and u^2, u = m^ / (sqrt(v^) + eps) + decay p.
__global__ void __launch_bounds__(kThreads)
    lamb_moments(const __grid_constant__ Table table, AdamFactors f, Squares* __restrict__ squares) {
  const Slot& slot = table.slots[slot_of_block(table)];
  Squares mine = {0, 0};
  for_each_element(slot, [&](int64_t i) {
    const double p = slot.parameter[i];
    f.move(slot, i, slot.gradient[i]);
    const double u = f.direction(slot, i) + slot.decay * slot.parameter[i];
    mine.parameter += p * p;
    mine.update += u * u;
  });
  store_squares(mine, squares);
}

// trusts (tensors) = |p| / |u|, 1 where a norm is 0 or the tensor has none. A warp per tensor.
__global__ void lamb_trusts(const __grid_constant__ Table table, uint64_t adapted, const Squares* __restrict__ squares,
    float* __restrict__ trusts) {
  const int s = static_cast<int>(blockIdx.x);
  const Squares sum = sum_of_slot(table, s, squares);
  if (threadIdx.x != 0) return;
  const double parameter = sqrt(sum.parameter);
  const double update = sqrt(sum.update);
  const bool plain = (adapted >> s & 1) == 0 || parameter == 0 || update == 0;
  trusts[s] = plain ? 1.0f : static_cast<float>(parameter / update);
}

__global__ void __launch_bounds__(kThreads)
    lamb_step(const __grid_constant__ Table table, AdamFactors f, const float* __restrict__ trusts) {
  const int s = slot_of_block(table);
  const Slot& slot = table.slots[s];
  const float rate = slot.rate * trusts[s];
  for_each_element(slot, [&](int64_t i) {
    const float p = slot.parameter[i];
    slot.parameter[i] = p - rate * (f.direction(slot, i) + slot.decay * p);
  });
}

}  // namespace
}  // namespace gramian

gramian_status gramian_adam_step(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* parameters, const gramian_input* gradients, const gramian_output* means,
    const gramian_output* squares, const double* rates, const double* decays, double beta1, double beta2, double eps,
    int64_t step, int32_t decoupled) {
  using namespace gramian;
  return guarded([&] {
    const AdamFactors factors(beta1, beta2, eps, step, decoupled != 0);
    for_each_table({tensors, sizes, parameters, gradients, means, squares, rates, decays},
        [&](const Table& table) { launch(context->stream, blocks_of("adam_step", table), adam_step, table, factors); });
  });
}

gramian_status gramian_lamb_step(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* parameters, const gramian_input* gradients, const gramian_output* means,
    const gramian_output* squares, const double* rates, const double* decays, const int32_t* adapted, double beta1,
    double beta2, double eps, int64_t step) {
  using namespace gramian;
  return guarded([&] {
    const AdamFactors factors(beta1, beta2, eps, step, true);
    for_each_table({tensors, sizes, parameters, gradients, means, squares, rates, decays}, [&](const Table& table) {
      uint64_t mask = 0;
      for (int s = 0; s < table.count; ++s) {
        if (adapted[table.slots[s].index] != 0) mask |= 1ull << s;
      }
      context->begin();  // the next table's kernels come after this one's in the stream
      Squares* partial = context->scratch<Squares>(table.blocks);
      float* trusts = context->scratch<float>(table.count);
      launch(context->stream, blocks_of("lamb_moments", table, kSquaresBytes), lamb_moments, table, factors, partial);
      launch(context->stream, {"lamb_trusts", static_cast<unsigned>(table.count), 32}, lamb_trusts, table, mask,
          partial, trusts);
      launch(context->stream, blocks_of("lamb_step", table), lamb_step, table, factors, trusts);
    });
  });
}
