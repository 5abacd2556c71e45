// The last step of the gradients of covariance losses: from a product to what the caller gave.
#pragma once

#include "gram/product.h"

namespace gramian {

// du_ij = coefficient (product_ij + diagonal_i x_ij) + other_ij weight_j; diagonal null: 0; weight null: 0. x and other
// are (n, ld).
struct GramGradient {
  int64_t n, d, ld;
  Product product;
  float coefficient;
  const float* diagonal;
  const float* x;
  const float* other;
  const float* weight;

  __device__ __forceinline__ float at(int64_t i, int64_t j) const {
    float sum = product.at(i, j);
    if (diagonal != nullptr) sum += diagonal[i] * x[i * ld + j];
    sum *= coefficient;
    return weight == nullptr ? sum : sum + other[i * ld + j] * weight[j];
  }
};

// dz (n,d) = rstd (du - mean(du) - x ratio mean(du o x)) by columns: through the standardisation x; ratio null: 1.
void finish_standardized(
    gramian_context* context, const GramGradient& du, const float* rstd, const float* ratio, float* dz);
// dz (n,d) = du + pull (z - away).
void finish_plain(
    gramian_context* context, const GramGradient& du, float pull, const float* z, const float* away, float* dz);

}  // namespace gramian
