// Barlow Twins (Zbontar et al. 2021, eq. 1): L = s [ sum_i (1 - C_ii)^2 + lambda sum_{i != j} C_ij^2 ], C = a^T b / n
// with standardised columns a, b. dL/dC_ii = 2 s (C_ii - 1), dL/dC_ij = 2 s lambda C_ij.
#pragma once

#include "gramian/host_device.h"

namespace gramian {

struct BarlowTwinsEpilogue {
  double lambda;
  double scale;

  GRAMIAN_METHOD double miss(double c) const { return (1 - c) * (1 - c); }
  GRAMIAN_METHOD double diagonal_gradient(double c) const { return 2 * scale * (c - 1); }
  // dL/dC_ij = slope() C_ij off the diagonal
  GRAMIAN_METHOD double slope() const { return 2 * scale * lambda; }
};

}  // namespace gramian
