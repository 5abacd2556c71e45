// Spectral contrastive loss (arXiv 2106.04156, equation 6; jhaochenz/spectral_contrastive_learning:
// models/spectral.py). a_i and b_i are the rows of two views, cut to norm sqrt(mu) where they are longer; g_ij =
// <a_i, b_j>:
//
//   L = 1/mu [ -2/n sum_i g_ii + 1/(n (n-1)) sum_{i != j} g_ij^2 ]
//
//   dL/dg_ii = -2 / (n mu),    dL/dg_ij = 2 g_ij / (n (n-1) mu)
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
