// sums (c) of the columns of x (rows, c), float or bfloat16, or sums added to what is there; float64 inside.
#pragma once

#include "core/context.h"

namespace gramian {

template <typename Element>
void add_columns(
    gramian_context* context, int64_t rows, int64_t c, const Element* x, bool to_what_is_there, float* sums);

}  // namespace gramian
