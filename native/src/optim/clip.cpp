// The common norm of many gradients, and gradients scaled to it: 4 bytes read an element for the norm, 8 more where it
// is above the limit.
#include <cmath>

#include "core/status.h"
#include "gramian/optim.h"
#include "optim/optim.h"
#include "optim/stretches.h"

gramian_status gramian_clip_gradients(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* gradients, double most, double* norm) {
  return gramian::guarded([&] {
    context->begin();
    const auto stretches = gramian::cut_into_stretches(context, tensors, sizes);
    double* partial = context->scratch<double>(stretches.count);
    const auto squares = GRAMIAN_SIMD(sum_of_squares);
    gramian::for_each_stretch(context, stretches,
        [&](int64_t i, const gramian::Stretch& s) { partial[i] = squares(s.count, gradients[s.tensor] + s.from); });
    double sum = 0;
    for (int64_t i = 0; i < stretches.count; ++i) sum += partial[i];
    *norm = std::sqrt(sum);
    if (!(*norm > most && std::isfinite(*norm))) return;  // NaN stays for whoever looks for it
    const float factor = static_cast<float>(most / *norm);
    const auto scale = GRAMIAN_SIMD(scale_stretch);
    gramian::for_each_stretch(context, stretches,
        [&](int64_t, const gramian::Stretch& s) { scale(s.count, gradients[s.tensor] + s.from, factor); });
  });
}
