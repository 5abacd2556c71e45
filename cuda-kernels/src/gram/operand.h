// A matrix laid out for tile products: rows of a width that is a multiple of the chunk, zeros behind the last feature,
// in the element type and rounding of a precision.
#pragma once

#include "core/context.h"
#include "tile/precision.h"

namespace gramian {

template <typename Mode>
struct Operand {
  const typename Mode::Element* rows;
  int64_t count;
  int64_t width;
};

// d rounded up to a multiple of the widest chunk, 64: the float32 copy of a matrix fits every precision.
constexpr int64_t padded_width(int64_t d) { return (d + 63) / 64 * 64; }

// Lays out x (count, d), rows ld apart, in scratch; 0 columns behind d. Where x is already an operand (float32, ld the
// padded width, zeros behind d), it is used as it lies.
template <typename Mode>
Operand<Mode> lay_out(gramian_context* context, int64_t count, int64_t d, const float* x, int64_t ld);

// x (count, d), rows ld apart, in float32 with rows of the padded width, always copied.
const float* pad_rows(gramian_context* context, int64_t count, int64_t d, const float* x, int64_t ld);

// The same to a target (count, padded width).
void pad_rows_into(gramian_context* context, int64_t count, int64_t d, const float* x, int64_t ld, float* target);

// x^T: a row per column of x, as wide as x is high. A batch of them lies one behind the other, in x and in the result.
template <typename Mode, typename Source>
Operand<Mode> lay_out_transposed(
    gramian_context* context, int64_t count, int64_t d, const Source* x, int64_t ld, int64_t batch = 1);

}  // namespace gramian
