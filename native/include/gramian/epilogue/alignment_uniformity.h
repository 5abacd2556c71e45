// Alignment and uniformity (Wang and Isola 2020, arXiv 2005.10242, section 4.1), of unit rows u, v:
//
//   alignment   mean_i |u_i - v_i|^alpha, with gradient (alpha / n) |u_i - v_i|^(alpha - 2) (u_i - v_i)
//   uniformity  log mean_{i<j} e_ij,   e_ij = exp(-t |u_i - u_j|^2) = exp(2 t g_ij - t q_i - t q_j)
//
// with g_ij = <u_i, u_j> and q_i = |u_i|^2: 1, but for rows below the clamp. As t <= 21, no e_ij of unit rows is 0.
// d uniformity/du_i = 2 t / sum_{i<j} e_ij (sum_j e_ij u_j - u_i sum_j e_ij), and what lies along u_i is lost in the
// derivative of the normalisation.
#pragma once

#include <math.h>
#include <stdint.h>

#include "gramian/host_device.h"

namespace gramian {
namespace alignment {

// x^exponent, x above 0. CUDA's pow would keep registers in memory.
GRAMIAN_HOST_DEVICE double power(double x, double exponent) { return exp(exponent * log(x)); }

// |u - v|^alpha from the squared distance.
GRAMIAN_HOST_DEVICE double term(double square, double alpha) {
  return alpha == 2 ? square : square == 0 ? 0 : power(square, 0.5 * alpha);
}

// Factor of u - v in the gradient of the mean over n rows. Equal rows do not move: for alpha > 1 that is the slope,
// below there is none.
GRAMIAN_HOST_DEVICE double pull(double square, double alpha, int64_t n) {
  if (alpha == 2) return 2 / static_cast<double>(n);
  return square == 0 ? 0 : alpha / static_cast<double>(n) * power(square, 0.5 * alpha - 1);
}

}  // namespace alignment

namespace uniformity {

constexpr double kLog2E = 1.4426950408889634;

// Factor of g_ij in log2 e_ij.
GRAMIAN_HOST_DEVICE float scale(double t) { return static_cast<float>(2 * t * kLog2E); }

// t q_i log2(e) of a row that was divided by max(norm, clamp).
GRAMIAN_HOST_DEVICE float shift(double t, float norm, float clamp) {
  const double length = norm < clamp ? static_cast<double>(norm) / clamp : 1;
  return static_cast<float>(t * kLog2E * length * length);
}

// sum = sum_{i<j} e_ij of n rows.
GRAMIAN_HOST_DEVICE double value(double sum, int64_t n) {
  return log(sum / (0.5 * static_cast<double>(n) * static_cast<double>(n - 1)));
}

// Factor of sum_j e_ij u_j in the gradient.
GRAMIAN_HOST_DEVICE double slope(double weight, double t, double sum) { return weight * 2 * t / sum; }

}  // namespace uniformity
}  // namespace gramian
