// NT-Xent of V views with all positives inside the logarithm (vturrisi/solo-learn: solo/losses/simclr.py; SupCon's
// L_in, arXiv 2004.11362, equation 3). M = V n unit rows, P(i) the V - 1 other rows of the image of row i:
//
//   L = 1/M sum_i -log [ sum_{p in P(i)} exp(s_ip / tau) / sum_{j != i} exp(s_ij / tau) ]
//
// With log E_i the logarithm of the sum over the positives, this is a row of NT-Xent (nt_xent.h) whose positive is
// log E_i, and each positive takes its share of the pull:  q_ip = exp(s_ip / tau) / E_i,  dL/ds_ip = -q_ip N_i A_i /
// (M tau).
#pragma once

#include <stdint.h>

#include "gramian/epilogue/nt_xent.h"

namespace gramian {
namespace multi_view_nt_xent {

// log sum over other views of exp((s - shift) / tau); s (views), the view itself left out.
GRAMIAN_HOST_DEVICE double log_positives(
    const double* s, int64_t views, int64_t self, double shift, double temperature) {
  double most = -INFINITY;
  for (int64_t v = 0; v < views; ++v) most = v != self && s[v] > most ? s[v] : most;
  double sum = 0;
  for (int64_t v = 0; v < views; ++v) sum += v == self ? 0 : exp((s[v] - most) / temperature);
  return (most - shift) / temperature + log(sum);
}

// q_ip of one positive.
GRAMIAN_HOST_DEVICE double share(double s, double shift, double temperature, double log_positives) {
  return exp((s - shift) / temperature - log_positives);
}

}  // namespace multi_view_nt_xent
}  // namespace gramian
