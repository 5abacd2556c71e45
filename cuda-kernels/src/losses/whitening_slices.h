// What all methods of whitening share: slices x (count, n, d), one behind the other, and the passes over them.
#pragma once

#include <string>

#include "gram/product.h"
#include "linalg/bad_pivot.h"
#include "linalg/wide_product.h"

namespace gramian {
namespace whitening {

using Mode = tile::Float32;  // whitening never rounds

struct Slices {
  gramian_context* context;
  int64_t count, n, d;
  float eps;

  int64_t ld() const { return padded_width(d); }
  // of Xc^T Xc in the covariance
  double share() const { return (1.0 - static_cast<double>(eps)) / static_cast<double>(n - 1); }
  // a matrix (n, d) or (d, d) for each slice, rows `stride` apart, as operands of batched products
  Operand<Mode> rows(int64_t height, const float* x, int64_t stride) const;
};

struct Centred {
  float* x;      // (count, n, ld), zeros from d on
  double* mean;  // (count, d)
};

Centred center(const Slices& of, const float* x);

// (count, d, d), both triangles: (1 - eps) Xc^T Xc / (n - 1) + eps I, float64. 2 n d^2 FLOP a slice.
double* covariance(const Slices& of, const float* x, const double* mean);

// y (count, rows, columns of the product) = product.
void store(const Slices& of, const Product& product, float* y);

// g (count, n, ld) = b - mean(b) - share yp for b (count, n, d), zeros from d on.
float* subtract_along(const Slices& of, const float* b, const Product& yp);

// dx (count, n, d) = p + q - mean(p + q).
void add_centred(const Slices& of, const Product& p, const Product& q, float* dx);

// Waits for what the slices have become, where that was asked for (otherwise all are well), and copies it to the host.
bool wait_for(const Slices& of, const BadPivot* bad, BadPivot* pivots);

// Fails with a sentence about the first bad slice, if there is one and errors are waited for.
void report(const Slices& of, int32_t method, const BadPivot* bad);

// GRAMIAN_WHITEN_*, and the steps of the iterative one.
struct Method {
  int32_t kind, steps;
};

// Slices of one launch: what a grid takes in z.
constexpr int64_t kMostSlices = 65535;

// Any number of slices, `most` at a time. x, y, dy, dx (count, n, d); w (count, d, d); roots (count, d), of ZCA and PCA
// alone; bad (count). A bad slice has NaN in all outputs. dx may be dy.
void whiten(const Slices& of, const Method& method, const float* x, float* y, float* w, double* roots, BadPivot* bad,
    int64_t most = kMostSlices);
void whiten_backward(const Slices& of, const Method& method, const float* x, const float* y, const float* w,
    const double* roots, const float* dy, float* dx, int64_t most = kMostSlices);

// The methods, for one launch. What they keep, and formulas: gramian/whitening.h and the heads of their files.
void cholesky(const Slices& of, const float* x, float* y, float* w, BadPivot* bad);
void cholesky_backward(const Slices& of, const float* y, const float* w, const float* dy, float* dx);
void spectral(const Slices& of, bool zca, const float* x, float* y, float* w, double* roots, BadPivot* bad);
void spectral_backward(const Slices& of, bool zca, const float* y, const float* w, const double* roots,
    const float* dy, float* dx);
void iterative(const Slices& of, int32_t steps, const float* x, float* y, float* w, BadPivot* bad);
void iterative_backward(
    const Slices& of, int32_t steps, const float* x, const float* w, const float* dy, float* dx);

}  // namespace whitening
}  // namespace gramian
