// Adam (Kingma and Ba 2015, arXiv 1412.6980), AdamW (Loshchilov and Hutter 2019, 1711.05101, Algorithm 2) and LAMB
// (You et al. 2020, 1904.00962, Algorithm 2: bias-corrected, identity scaling function).
#include <cmath>

#include "core/status.h"
#include "gramian/optim.h"
#include "optim/optim.h"
#include "optim/stretches.h"

namespace gramian {
namespace {

AdamFactors factors_of(
    double rate, double decay, double beta1, double beta2, double eps, int64_t step, bool decoupled) {
  AdamFactors factors;
  factors.rate = static_cast<float>(rate);
  factors.decay = static_cast<float>(decay);
  factors.beta1 = static_cast<float>(beta1);
  factors.beta2 = static_cast<float>(beta2);
  factors.eps = static_cast<float>(eps);
  // with the beta that the loops use: 0.999 is not a float, and 1 - beta^step would differ by 1e-5 from what they sum
  factors.correction1 = static_cast<float>(1 / (1 - std::pow(static_cast<double>(factors.beta1), step)));
  factors.correction2 = static_cast<float>(1 / (1 - std::pow(static_cast<double>(factors.beta2), step)));
  factors.decoupled = decoupled;
  return factors;
}

}  // namespace
}  // namespace gramian

gramian_status gramian_adam_step(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* parameters, const gramian_input* gradients, const gramian_output* means,
    const gramian_output* squares, const double* rates, const double* decays, double beta1, double beta2, double eps,
    int64_t step, int32_t decoupled) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const Stretches stretches = cut_into_stretches(context, tensors, sizes);
    const auto kernel = GRAMIAN_SIMD(adam_stretch);
    for_each_stretch(context, stretches, [&](int64_t, const Stretch& s) {
      const AdamFactors factors =
          factors_of(rates[s.tensor], decays[s.tensor], beta1, beta2, eps, step, decoupled != 0);
      kernel(s.count, parameters[s.tensor] + s.from, gradients[s.tensor] + s.from, means[s.tensor] + s.from,
          squares[s.tensor] + s.from, factors);
    });
  });
}

gramian_status gramian_lamb_step(gramian_context* context, int64_t tensors, const int64_t* sizes,
    const gramian_output* parameters, const gramian_input* gradients, const gramian_output* means,
    const gramian_output* squares, const double* rates, const double* decays, const int32_t* adapted, double beta1,
    double beta2, double eps, int64_t step) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const Stretches stretches = cut_into_stretches(context, tensors, sizes);
    SquaredNorms* partial = context->scratch<SquaredNorms>(stretches.count);
    const auto moments = GRAMIAN_SIMD(lamb_moments);
    for_each_stretch(context, stretches, [&](int64_t i, const Stretch& s) {
      const AdamFactors factors = factors_of(rates[s.tensor], decays[s.tensor], beta1, beta2, eps, step, true);
      partial[i] = moments(s.count, parameters[s.tensor] + s.from, gradients[s.tensor] + s.from,
          means[s.tensor] + s.from, squares[s.tensor] + s.from, factors);
    });
    const SquaredNorms* sums = merge(context, tensors, stretches, partial);
    const auto kernel = GRAMIAN_SIMD(lamb_stretch);
    for_each_stretch(context, stretches, [&](int64_t, const Stretch& s) {
      const double parameter = std::sqrt(sums[s.tensor].parameter);
      const double update = std::sqrt(sums[s.tensor].update);
      const bool plain = adapted[s.tensor] == 0 || parameter == 0 || update == 0;
      const AdamFactors factors = factors_of(rates[s.tensor], decays[s.tensor], beta1, beta2, eps, step, true);
      kernel(s.count, parameters[s.tensor] + s.from, means[s.tensor] + s.from, squares[s.tensor] + s.from, factors,
          plain ? 1.0f : static_cast<float>(parameter / update));
    });
  });
}
