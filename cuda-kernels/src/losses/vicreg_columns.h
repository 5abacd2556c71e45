// What VICReg and its relatives share: statistics of the columns of two views, invariance and variance terms, and the
// factors of the centred columns in the gradient.
#pragma once

#include "core/context.h"
#include "gramian/epilogue/vicreg.h"

namespace gramian {
namespace vicreg {

struct View {
  const float* z;
  const float* other;
  float* dz;
  float* x;            // (n, width) centred
  double* variance;    // (d)
  float* weight;       // (d) factor of x in dz
  const double* sums;  // (rows) whose sum is the covariance term, up to Covariance::factor
};

// What turns the sums of both views into d times the covariance term.
struct Covariance {
  int64_t rows;
  double factor;
  // Whether the sums count the diagonal sum_j v_j^2 and the gradient's product the whole Gram: both are taken back.
  bool diagonal;
};

// A view with variance and weight in scratch; x (n, width) and variance are filled.
View centered(gramian_context* context, int64_t n, int64_t d, int64_t width, const float* z, const float* other,
    float* dz, float* x);

// terms (3) without their weights, and the weight of each view.
void column_terms(gramian_context* context, const VicRegEpilogue& epilogue, const View (&views)[2],
    const Covariance& covariance, double* terms);

}  // namespace vicreg
}  // namespace gramian
