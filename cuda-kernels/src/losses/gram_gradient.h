// The gradients of covariance losses: a product with a Gram whose epilogue does the rest, so that the product is never
// in memory.
//
//   p = coefficient (X Y^T + diagonal_i u_ij) + other_ij weight_j,  X (n, width), Y (d, width)
//   plain          dz = p + pull (z - away)
//   standardised   dz = rstd_j (p - u_ij along_j): through the standardisation u, with along_j = mean_n(p o u) and
//                  mean_n(p) = 0, as u and other are centred. along is known beforehand (from the rows of the Gram), or
//                  comes from the columns of p, and then a second light pass applies it.
#pragma once

#include "gram/operand.h"

namespace gramian {

struct GramGradient {
  int64_t n, d, ld;  // u and other are (n, ld)
  float coefficient;
  const float* diagonal;  // null: 0
  const float* u;
  const float* other;
  const float* weight;  // null: 0
  float* dz;            // (n, d)

  __device__ __forceinline__ float at(float product, int64_t i, int64_t j) const {
    if (diagonal != nullptr) product += diagonal[i] * u[i * ld + j];
    product *= coefficient;
    return weight == nullptr ? product : product + other[i * ld + j] * weight[j];
  }
};

// pull (z - away), (n, d) both; nothing where pull is 0.
struct Pull {
  float pull;
  const float* z;
  const float* away;
};

template <typename Mode>
void plain_gradient(gramian_context* context, const char* name, const Operand<Mode>& x, const Operand<Mode>& y,
    const GramGradient& p, const Pull& pull);

// The standardisation u = (z - mean) rstd: columns.h.
struct Standardisation {
  const float* rstd;
  const float* ratio;  // factor of the mean in along, or null: 1
  const float* along;  // (d), with its ratio; or null: not known
};

template <typename Mode>
void standardized_gradient(gramian_context* context, const char* name, const Operand<Mode>& x, const Operand<Mode>& y,
    const GramGradient& p, const Standardisation& through);

}  // namespace gramian
