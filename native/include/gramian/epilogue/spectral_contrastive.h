// Spectral contrastive loss (arXiv 2106.04156, equation 6; jhaochenz/spectral_contrastive_learning:
// models/spectral.py). a_i and b_i are the rows of two views, cut to norm sqrt(mu) where they are longer; g_ij =
// <a_i, b_j>:
//
//   L = 1/mu [ -2/n sum_i g_ii + 1/(n (n-1)) sum_{i != j} g_ij^2 ]
//
//   dL/dg_ii = -2 / (n mu),    dL/dg_ij = 2 g_ij / (n (n-1) mu)
//
// The same from the feature Grams F_a = A^T A and F_b = B^T B of the cut rows, as ||A B^T||_F^2 = <F_a, F_b>_F:
//
//   sum_{i != j} g_ij^2 = <F_a, F_b> - sum_i g_ii^2
//   sum_{j != i} g_ij b_j = (A F_b)_i - g_ii b_i,     sum_{j != i} g_ji a_j = (B F_a)_i - g_ii a_i
//
// rank(A B^T) <= d, so that <F_a, F_b> >= (sum_i g_ii)^2 / d: of pairs with equal g_ii at most d/n of the total is
// subtracted, and little cancels where n is larger than d, which is where this side is cheap.
#pragma once

#include "gramian/host_device.h"

namespace gramian {
namespace spectral_contrastive {

GRAMIAN_HOST_DEVICE double loss(double positives, double squares, double n, double mu) {
  return (-2 * positives / n + squares / (n * (n - 1))) / mu;
}

GRAMIAN_HOST_DEVICE double pull(double n, double mu) { return 2 / (n * mu); }

// dL/dg_ij over g_ij.
GRAMIAN_HOST_DEVICE double push(double n, double mu) { return 2 / (n * (n - 1) * mu); }

}  // namespace spectral_contrastive
}  // namespace gramian
