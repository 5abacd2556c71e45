// Which of many tensors went bad: one read of them, no branch per element.
#include "core/status.h"
#include "gramian/optim.h"
#include "optim/optim.h"
#include "optim/stretches.h"

gramian_status gramian_first_not_finite(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_input* values, int64_t* first) {
  return gramian::guarded([&] {
    context->begin();
    const auto stretches = gramian::cut_into_stretches(context, tensors, sizes);
    bool* finite = context->scratch<bool>(stretches.count);
    const auto kernel = GRAMIAN_SIMD(all_finite);
    gramian::for_each_stretch(context, stretches,
        [&](int64_t i, const gramian::Stretch& s) { finite[i] = kernel(s.count, values[s.tensor] + s.from); });
    *first = -1;
    for (int64_t i = stretches.count - 1; i >= 0; --i) {
      if (!finite[i]) *first = stretches.list[i].tensor;
    }
  });
}
