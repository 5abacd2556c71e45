// SGD with momentum, and LARS: SGD whose gradient is scaled by a trust ratio per tensor (You et al. 2017, arXiv
// 1708.03888).
#include <cmath>

#include "core/status.h"
#include "gramian/optim.h"
#include "optim/optim.h"
#include "optim/stretches.h"

namespace gramian {
namespace {

// Zero norms give 1: a tensor that starts at zero must be able to leave it. NaN stays NaN.
double decayed_norm_ratio(double parameter, double update, double eta) {
  return parameter == 0 || update == 0 ? 1 : eta * parameter / update;
}

double raw_norm_ratio(double parameter, double gradient, double eta, double eps, double rate, double decay, bool clip) {
  const double ratio = eta * parameter / (gradient + decay * parameter + eps);
  return clip && ratio / rate > 1 ? 1 : clip ? ratio / rate : ratio;
}

struct Trust {
  float scale, decay, rate;
};

}  // namespace
}  // namespace gramian

gramian_status gramian_sgd_step(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* parameters, const gramian_input* gradients, const gramian_output* momenta,
    const double* rates, const double* decays, double momentum, int32_t nesterov) {
  return gramian::guarded([&] {
    context->begin();
    const auto stretches = gramian::cut_into_stretches(context, tensors, sizes);
    const auto kernel = GRAMIAN_SIMD(sgd_stretch);
    gramian::for_each_stretch(context, stretches, [&](int64_t, const gramian::Stretch& s) {
      kernel(s.count, parameters[s.tensor] + s.from, gradients[s.tensor] + s.from, momenta[s.tensor] + s.from,
          static_cast<float>(rates[s.tensor]), static_cast<float>(decays[s.tensor]), 1.0f,
          static_cast<float>(momentum), nesterov != 0);
    });
  });
}

gramian_status gramian_lars_step(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* parameters, const gramian_input* gradients, const gramian_output* momenta,
    const double* rates, const double* decays, const int32_t* adapted, double momentum, double eta, double eps,
    int32_t form, int32_t clip) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const Stretches stretches = cut_into_stretches(context, tensors, sizes);
    const bool raw = form == GRAMIAN_LARS_RAW_NORM;
    SquaredNorms* partial = context->scratch<SquaredNorms>(stretches.count);
    const auto norms = GRAMIAN_SIMD(lars_norms);
    for_each_stretch(context, stretches, [&](int64_t i, const Stretch& s) {
      partial[i] = {0, 0};
      if (adapted[s.tensor] == 0) return;
      partial[i] = norms(s.count, parameters[s.tensor] + s.from, gradients[s.tensor] + s.from,
          raw ? 0.0f : static_cast<float>(decays[s.tensor]));
    });
    const SquaredNorms* sums = merge(context, tensors, stretches, partial);
    Trust* trusts = context->scratch<Trust>(tensors);
    for (int64_t t = 0; t < tensors; ++t) {
      const double parameter = std::sqrt(sums[t].parameter);
      const double update = std::sqrt(sums[t].update);
      trusts[t] = {1.0f, static_cast<float>(decays[t]), static_cast<float>(rates[t])};
      if (form == GRAMIAN_LARS_CLASSIC) trusts[t] = {static_cast<float>(rates[t]), static_cast<float>(decays[t]), 1.0f};
      if (adapted[t] == 0) continue;
      if (form == GRAMIAN_LARS_CLASSIC) {
        trusts[t].scale = static_cast<float>(rates[t] * decayed_norm_ratio(parameter, update, eta));
      } else if (!raw) {
        trusts[t].scale = static_cast<float>(decayed_norm_ratio(parameter, update, eta));
      } else if (parameter == 0 || update == 0) {
        trusts[t].decay = 0;  // this form then skips weight decay too
      } else {
        trusts[t].scale =
            static_cast<float>(raw_norm_ratio(parameter, update, eta, eps, rates[t], decays[t], clip != 0));
      }
    }
    const auto kernel = GRAMIAN_SIMD(sgd_stretch);
    for_each_stretch(context, stretches, [&](int64_t, const Stretch& s) {
      kernel(s.count, parameters[s.tensor] + s.from, gradients[s.tensor] + s.from, momenta[s.tensor] + s.from,
          trusts[s.tensor].rate, trusts[s.tensor].decay, trusts[s.tensor].scale,
          static_cast<float>(momentum), false);
    });
  });
}
