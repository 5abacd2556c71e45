// VICReg (Bardes et al. 2022, eq. 1 to 6; main_vicreg.py of the authors halves the hinge, the paper does not):
//   invariance = sum (x - y)^2 / (n d)
//   variance   = hinge sum over both views of mean_j relu(gamma - std_j),  std_j = sqrt(var_j + eps), divisor n - 1
//   covariance = sum over both views of (1/d) sum_{i != j} Cov_ij^2,       divisor n - 1
// dL/dz = [4 nu / (d (n-1)^2)] zc offdiag(zc^T zc) + zc o w +- [2 lambda / (n d)] (x - y)
#pragma once

#include <cmath>
#include <cstdint>

#include "gramian/host_device.h"

namespace gramian {

struct VicRegEpilogue {
  int64_t n, d;
  double invariance, variance, covariance, eps, gamma, hinge;

  GRAMIAN_METHOD double deviation(double var) const { return std::sqrt(var + eps); }
  // relu that lets NaN through
  GRAMIAN_METHOD double miss(double deviation) const { return gamma - deviation < 0 ? 0 : gamma - deviation; }
  // factor of (x - y) in dL/dx
  GRAMIAN_METHOD double pull() const { return 2 * invariance / (static_cast<double>(n) * d); }
  // factor of zc in dL/dz that the hinge of a column contributes; 0 behind the hinge, and NaN for NaN
  GRAMIAN_METHOD double push(double deviation) const {
    return deviation >= gamma ? 0 : -variance * hinge / (static_cast<double>(d) * (n - 1) * deviation);
  }
  // factor of zc offdiag(zc^T zc)
  GRAMIAN_METHOD double decorrelate() const { return 4 * covariance / (static_cast<double>(d) * (n - 1) * (n - 1)); }
};

}  // namespace gramian
