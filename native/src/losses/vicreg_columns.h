// What VICReg and its relatives share: statistics of the columns of two views, invariance and variance terms, and the
// factors of the centred columns and of (x - y) in the gradient.
#pragma once

#include "core/context.h"
#include "gram/columns.h"
#include "gram/rounds.h"
#include "gramian/epilogue/vicreg.h"

namespace gramian {
namespace vicreg {

struct View {
  const float* z;
  const float* other;
  float* dz;
  double* mean;
  double* var;
  float* weight;  // factor of zc in dz
};

// One call: its inputs, and the statistics of its columns.
struct Columns {
  int64_t n, d;
  View views[2];
  double* distances;  // sum (x - y)^2, one for each block of columns
  float* one;         // (d) of 1

  // x holds the columns as loaded, view.mean their sums: leaves them centred, fills mean and var.
  void center(const View& view, Range columns, float* x, int64_t ld) const;
};

Columns columns_of_call(
    gramian_context* context, int64_t n, int64_t d, const float* x, const float* y, float* dx, float* dy);

// Both views centred into panels of stride ld, one block of kColumnBlock columns after the other; fills distances.
// Returns the number of blocks.
int64_t center_panels(gramian_context* context, const Columns& in, float* const* panel, int64_t ld);

// Invariance and variance terms, and the factors of zc in the gradient; excess (n - 1 or 0) is how much of v_j the
// product with the whole Gram adds to each column.
void column_terms(const Columns& in, const VicRegEpilogue& epilogue, int64_t blocks, double excess, double* terms);

}  // namespace vicreg
}  // namespace gramian
