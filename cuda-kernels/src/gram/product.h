// X Y^T in memory, X (m, width), Y (n, width), as (splits, m, n) partial sums over parts of the width: whoever reads it
// adds the splits in their order (Product::at). For Grams that are small beside what they are made of, and for products
// with them. A batch of them, one behind the other in X, in Y and in the result, is one launch.
//
// FLOP 2 m n width, bytes 4 splits m n written, for each of the batch. The width is cut where there are fewer tiles
// than the device can hold.
#pragma once

#include "gram/operand.h"

namespace gramian {

struct Product {
  const float* partial;
  int64_t rows, columns;
  int splits;

  // Element (i, j) of a batch entry.
  __device__ __forceinline__ float at(int64_t i, int64_t j, int64_t entry = 0) const {
    float sum = 0;
    for (int s = 0; s < splits; ++s) sum += partial[((entry * splits + s) * rows + i) * columns + j];
    return sum;
  }
};

template <typename Mode>
Product product(
    gramian_context* context, const char* name, const Operand<Mode>& x, const Operand<Mode>& y, int64_t batch = 1);

// X X^T, of which only the tiles of 128 x 128 on and above the diagonal exist: half of the FLOP.
template <typename Mode>
Product gram(gramian_context* context, const char* name, const Operand<Mode>& x, int64_t batch = 1);

}  // namespace gramian
