// Moving averages of many tensors: the momentum encoders of MoCo (arXiv 1911.05722, equation 2) and BYOL (2006.07733,
// equation 1). 3 FLOP and 12 bytes per element.
#include <cstring>

#include "core/status.h"
#include "gramian/optim.h"
#include "optim/optim.h"
#include "optim/stretches.h"

gramian_status gramian_moving_average(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* targets, const gramian_input* online, double momentum) {
  return gramian::guarded([&] {
    if (momentum == 1) return;
    context->begin();
    const auto stretches = gramian::cut_into_stretches(context, tensors, sizes);
    const auto kernel = GRAMIAN_SIMD(moving_average_stretch);
    gramian::for_each_stretch(context, stretches, [&](int64_t, const gramian::Stretch& s) {
      float* target = targets[s.tensor] + s.from;
      const float* from = online[s.tensor] + s.from;
      if (momentum == 0) {  // a copy, whatever the target holds: it may be uninitialised
        std::memcpy(target, from, static_cast<size_t>(s.count) * sizeof(float));
      } else {
        kernel(s.count, target, from, momentum);
      }
    });
  });
}
