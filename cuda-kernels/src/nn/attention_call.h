// From the arguments of attention to its kernels.
#pragma once

#include "gram/packed.h"
#include "gram/precisions.h"
#include "gram/splits.h"
#include "nn/attention.h"

namespace gramian {
namespace attention {

// The sizes that kernels take.
inline Sizes checked(int64_t b, int64_t t, int64_t h, int64_t e) {
  if (e > kWidest) {
    GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "attention on this device: expected heads of at most " +
                                               std::to_string(kWidest) + " numbers, got " + std::to_string(e) +
                                               "; take more heads, or Device.cpu()");
  }
  check_counts(t, h);
  const int64_t tiles = (t + kTile - 1) / kTile;
  constexpr int64_t kMostBlocks = 0x7fffffff;
  if (h > 0 && tiles > 0 && b > kMostBlocks / h / tiles) {
    GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "attention: more than 2^31 - 1 tiles of 64 tokens");
  }
  return {b, static_cast<int>(t), static_cast<int>(h), static_cast<int>(e), static_cast<int>(tiles)};
}

inline unsigned blocks(const Sizes& sizes) { return static_cast<unsigned>(sizes.b * sizes.h * sizes.tiles); }

// x (b, t, parts, h, e), rounded once, or as it lies.
template <typename Mode, typename Source>
Heads<Mode> heads_of(gramian_context* context, const Sizes& sizes, int parts, const Source* x) {
  const Operand<Mode> rows = pack_rows<Mode>(context, sizes.b * sizes.t * parts * sizes.h, sizes.e, x);
  return {rows.rows, parts * sizes.h * rows.width, static_cast<int>(rows.width)};
}

// Calls body with the type of the precision that tensors of Element are multiplied in, bfloat16 or that of the context,
// and the narrowest width that a head fits.
template <typename Element, typename Body>
void with_width(const gramian_context* context, const Sizes& sizes, Body&& body) {
  const auto call = [&](auto mode) {
    if (sizes.e <= 64) {
      body(mode, std::integral_constant<int, 64>());
    } else {
      body(mode, std::integral_constant<int, kWidest>());
    }
  };
  if constexpr (std::is_same_v<Element, uint16_t>) {
    call(tile::Bfloat16());
  } else {
    with_precision(context, call);
  }
}

// Shared memory for so many tiles of tokens, and for the weights of multiply_slab.
template <typename Mode, int kWidth>
size_t tile_bytes(int tiles) {
  return static_cast<size_t>(tiles) * tile::shared_bytes<typename Mode::Element>(kTile * kStride<Mode, kWidth>) +
         tile::shared_bytes<float>(kWeights<Mode>);
}

}  // namespace attention
}  // namespace gramian
