// Decoupled contrastive loss (arXiv 2110.06848, equations 5 and 6): NT-Xent without the positive in the denominator,
// and with a weight on the positive term. Rows u_i of both views, p(i) the positive of i, s_ij = <u_i, u_j>:
//
//   L = mean over anchors i of [ -w_i s_ip / tau + log sum_{j != i, p(i)} exp(s_ij / tau) ]
//
// DCL has w = 1; DCLW has w_i = 2 - n q_i with q = softmax over the n images of s_ip / sigma.
//   lightly:                both views' rows are anchors, weights are constants
//   raminnakhli (authors):  only the first view's rows, and the gradient flows through the weights too
//
//   dL_i/ds_ij = exp(s_ij / tau) / (N_i tau),   dL_i/ds_ip = -w_i / tau
//   through the weights of one anchor per image:  n q_i (s_i - sum_k q_k s_k) / (sigma tau) is added to the sum over
//   anchors, s_i = s_ip of image i
#pragma once

#include <math.h>

#include "gramian/host_device.h"

namespace gramian {
namespace dcl {

// Loss of one row: negatives = sum of exp((s_ij - shift) / tau); its derivative by that sum is 1 / negatives.
GRAMIAN_HOST_DEVICE double loss(double negatives, double shift, double positive, double weight, double temperature) {
  return log(negatives) + (shift - weight * positive) / temperature;
}

// What the weight's own gradient adds to the pull on the positive of image i. mean = sum_k q_k s_k.
GRAMIAN_HOST_DEVICE double weight_pull(double n, double q, double s, double mean, double sigma) {
  return -n * q * (s - mean) / sigma;
}

}  // namespace dcl
}  // namespace gramian
