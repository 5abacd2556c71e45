// From the precision that a context names to a type.
#pragma once

#include "core/context.h"
#include "tile/precision.h"

namespace gramian {

// Calls body with an object of the precision's type.
template <typename Body>
void with_precision(const gramian_context* context, Body&& body) {
  switch (context->precision) {
    case GRAMIAN_PRECISION_TF32:
      return body(tile::Tf32());
    case GRAMIAN_PRECISION_BFLOAT16:
      return body(tile::Bfloat16());
    default:
      return body(tile::Float32());
  }
}

}  // namespace gramian
