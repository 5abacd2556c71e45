// The part of W-MSE between the two whitening passes, and the ways there and back: rows by index.
#pragma once

#include "core/context.h"
#include "gramian/system.h"
#include "linalg/bad_pivot.h"

namespace gramian {
namespace w_mse {

struct Views {
  gramian_context* context;
  int64_t views, n, d;
};

// to (views, n, d): row i of a view is its row index[i].
void gather(const Views& of, const gramian_input* z, const int32_t* index, float* to);

// Row index[i] of a view's gradient = row i of dx (views, n, d) + poison[0], or that is added.
void scatter(const Views& of, const float* dx, const int32_t* index, bool add, const double* poison,
    const gramian_output* gradients);

// What is compared: u = y / max(|y|, 1e-12) (normalize) or y, of whitened views y (views, n, d).
struct Comparison {
  bool normalize, one_sided;
  double scale;  // of the loss and of the gradients
};

// loss (1) = or += scale sum over rows and pairs of views of |u_a - u_b|^2; dy (views, n, d), its gradient, unless
// null. poison (1) = NaN if one of the slices is bad (count of them), otherwise 0.
void compare(const Views& of, const Comparison& how, const float* y, float* dy, bool add, double* loss);
void condemn(const Views& of, int64_t count, const BadPivot* bad, double* poison);

}  // namespace w_mse
}  // namespace gramian
