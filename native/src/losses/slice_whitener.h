// One slice of whitening by any method, for one thread: holds the scratch memory that its method needs.
//
//   cholesky   Y = Xc L^-T,          S = L L^T
//   pca        Y = Xc U D^-1/2,      S = U D U^T, eigenvalues descending, the largest entry of an eigenvector positive
//   zca        Y = Xc U D^-1/2 U^T
//   iterative  Y = Xc P,             P = S^-1/2 up to `steps` steps of Newton and Schulz
#pragma once

#include <memory>

#include "losses/whitening.h"

namespace gramian {

struct SliceMethod {
  int32_t kind;   // GRAMIAN_WHITEN_*
  int32_t steps;  // of the iterative method
  float eps;      // shrinkage
};

// What a slice leaves for its backward pass.
struct SliceState {
  float* w;       // d x d; cholesky: L^-1; pca, zca: D^-1/2 U^T; iterative: P
  double* roots;  // d; pca, zca: D^1/2; may be null for the others
};

class SliceWhitener {
 public:
  virtual ~SliceWhitener() = default;
  // y (n,d), state; a column of -1, or what stands in the way.
  virtual BadPivot forward(SliceRows rows, float* y, const SliceState& state) = 0;
  // Gradient of the rows from the forward pass and dy (n,d), which is overwritten.
  virtual void backward(
      SliceRows rows, const float* y, const SliceState& state, float* dy, const SliceGradient& gradient) = 0;
};

// For slices of n x d.
std::unique_ptr<SliceWhitener> slice_whitener(gramian_context* context, SliceMethod method, int64_t n, int64_t d);
std::unique_ptr<SliceWhitener> spectral_whitener(gramian_context* context, SliceMethod method, int64_t n, int64_t d);
std::unique_ptr<SliceWhitener> iterative_whitener(gramian_context* context, SliceMethod method, int64_t n, int64_t d);

// First column of a covariance (d,d), lower triangle, with a value that is not finite, or -1.
int64_t not_finite(int64_t d, const double* covariance);

}  // namespace gramian
