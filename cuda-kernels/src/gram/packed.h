// Operands with rows of whole 16 bytes, for loops that zero what lies behind the end of a row themselves: an image of 4
// channels is not blown up to 64 as operand.h would.
#pragma once

#include "gram/operand.h"

namespace gramian {

// d rounded up to whole 16 bytes of elements.
template <typename Mode>
constexpr int64_t packed_width(int64_t d) {
  return (d + tile::kElementsIn16Bytes<Mode> - 1) / tile::kElementsIn16Bytes<Mode> * tile::kElementsIn16Bytes<Mode>;
}

// x (count, d), its rows one behind the other, in the precision's rounding, zeros behind d. Aligned rows are used as
// they lie in float32, and where bfloat16 is given and wanted; otherwise one pass of 4 bytes read (2 of bfloat16) and 2
// or 4 written an element.
template <typename Mode, typename Source>
Operand<Mode> pack_rows(gramian_context* context, int64_t count, int64_t d, const Source* x);

// c (size) = alpha (sum of partial (splits, size), in the order of the splits) + beta c, float or
// bfloat16. With beta 0, c is only written.
template <typename Element>
void add_splits(gramian_context* context, const char* name, int splits, int64_t size, const float* partial,
    float alpha, float beta, Element* c);

}  // namespace gramian
