// X Y^T in memory, X (m, width), Y (n, width), as (splits, m, n) partial sums over parts of the width: whoever reads it
// adds the splits in their order (Product::at). For Grams that are small beside what they are made of, and for products
// with them.
//
// FLOP 2 m n width, bytes 4 splits m n written. The width is cut where there are fewer tiles than the device can hold.
#pragma once

#include "gram/operand.h"

namespace gramian {

struct Product {
  const float* partial;
  int64_t rows, columns;
  int splits;

  // Element (i, j).
  __device__ __forceinline__ float at(int64_t i, int64_t j) const {
    float sum = 0;
    for (int s = 0; s < splits; ++s) sum += partial[(s * rows + i) * columns + j];
    return sum;
  }
};

template <typename Mode>
Product product(gramian_context* context, const char* name, const Operand<Mode>& x, const Operand<Mode>& y);

}  // namespace gramian
