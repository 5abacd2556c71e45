// NT-Xent (SimCLR, arXiv 2002.05709, equation 1) as an epilogue of the Gram loop: the formula, once, for every device.
//
// u (M,d) holds the unit rows of both views, M = 2n; s_ij = <u_i, u_j>; p(i) = i + n or i - n is the positive of row i.
//
//   L = 1/M sum_i [ log sum_{j != i} exp(s_ij / tau) - s_ip / tau ]
//
// The positive stays out of the tiles (it comes from a dot product in float64), so that nothing cancels late in
// training, when exp(s_ip / tau) is nearly the whole sum. With a shift m_i and
// N_i = sum_{j != i, p(i)} exp((s_ij - m_i) / tau),
// E_i = exp((s_ip - m_i) / tau), A_i = 1 / (N_i + E_i):
//
//   loss_i = log(1 + N_i / E_i)
//   dL/du_i = 1/(M tau) ( sum_{j != i, p(i)} W_ij u_j - (N_i A_i + N_p A_p) u_p ),   W_ij = W_ji = P_ij + P_ji,
//   P_ij = exp((s_ij - m_i) / tau) A_i
//
// As |s_ij| <= 1 the constant shift m_i = 1 serves every row, and one exponential gives both P_ij and P_ji, as long as
// exp(-2 / tau) stays a normal float32: tau >= 0.023. Below, m_i is the maximum of row i and W_ij takes two
// exponentials.
#pragma once

#include <math.h>

#include "gramian/host_device.h"

namespace gramian {
namespace nt_xent {

// The least temperature at which exp(-2 / tau) is a normal float32: 2 log2(e) / 0.023 = 125.45 < 126.
constexpr float kFixedShiftTemperature = 0.023f;

// log2 exp((s - shift) / tau), with scale = log2(e) / tau: the caller's exp2 does the rest.
GRAMIAN_HOST_DEVICE float exponent(float s, float shift, float scale) { return (s - shift) * scale; }

// W_ij with the constant shift: e = exp((s_ij - 1) / tau), a = A_i, b = A_j.
GRAMIAN_HOST_DEVICE float weight(float e, float a, float b) { return e * (a + b); }

// W_ij with a shift per row: e_i = exp((s_ij - m_i) / tau), e_j = exp((s_ij - m_j) / tau).
GRAMIAN_HOST_DEVICE float shifted_weight(float e_i, float a_i, float e_j, float a_j) { return e_i * a_i + e_j * a_j; }

// What a row needs once its negatives are summed. positive = (s_ip - m_i) / tau.
struct Row {
  double loss;     // log(1 + N / E)
  double inverse;  // A = 1 / (N + E)
  double miss;     // N A: the probability that is not on the positive
};

GRAMIAN_HOST_DEVICE Row row(double negatives, double positive) {
  if (negatives == 0) return {0, 0, 0};  // no negatives, no shift: the largest of them would count as 1
  Row r;
  const double inverse = 1 / (negatives + exp(positive));
  r.inverse = inverse;
  r.miss = negatives * inverse;
  // Beyond e^-30 the 1 is below float64's resolution, and exp(-positive) could overflow.
  r.loss = positive > -30 ? log1p(negatives * exp(-positive)) : log(negatives) - positive;
  return r;
}

}  // namespace nt_xent
}  // namespace gramian
