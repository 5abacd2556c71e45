// VICReg-exp (Garrido et al. 2023, arXiv 2206.02574, eq. 11 and 12): VICReg (vicreg.h) whose covariance term is
//   covariance = sum over both views of (1/d) sum_i log sum_{j != i} exp(Cov_ij / tau),  divisor n - 1
// of the signed covariance: dL/dCov_ij = covariance / (d tau) P_ij, P the softmax of row i without its diagonal.
// VICReg-ctr (eq. 13): variance and covariance terms of the transposed matrix, each sample centred over its features.
#pragma once

#include <cstdint>

namespace gramian {

struct VicRegExpEpilogue {
  int64_t d;
  double covariance;

  double value(double log_sum_exps) const { return log_sum_exps / static_cast<double>(d); }
  // factor of the gradient of the sum of log-sum-exps
  double slope() const { return covariance / static_cast<double>(d); }
};

}  // namespace gramian
