// Sizes of a convolution, and the shapes of the tiles of its three passes.
#pragma once

#include "core/context.h"
#include "gram/splits.h"
#include "nn/windows.h"

namespace gramian {

// As in gramian/network.h.
struct Convolution {
  int64_t n, h, w, c, k, kernel_h, kernel_w, stride, padding;

  int64_t oh() const { return (h + 2 * padding - kernel_h) / stride + 1; }
  int64_t ow() const { return (w + 2 * padding - kernel_w) / stride + 1; }
  int64_t inputs() const { return n * h * w; }
  int64_t outputs() const { return n * oh() * ow(); }
  int64_t taps() const { return kernel_h * kernel_w; }
};

// Positions are int in the kernels: pixels, and elements of a row of weights.
inline void check_sizes(const Convolution& of) {
  check_counts(of.inputs(), of.outputs());
  check_counts(of.taps() * (of.c + 8), of.taps() * (of.k + 8));  // 8 channels in 16 bytes at most
  check_counts(of.h + 2 * of.padding, of.w + 2 * of.padding);
}

// The windows of the forward pass, over pixels of `width` elements.
template <typename Mode>
Windows forward_windows(const Convolution& of, int64_t width) {
  const auto top = static_cast<int>(-of.padding);
  return {static_cast<int>(of.h), static_cast<int>(of.w), static_cast<int>(of.outputs()),
      static_cast<int>(of.stride), 1, top, top, static_cast<int>(of.kernel_h), tile::Divisor(of.oh() * of.ow()),
      tile::Divisor(of.ow()), tile::Divisor(of.kernel_w), tile::Divisor(width / tile::kElementsIn16Bytes<Mode>)};
}

template <typename Mode>
using WideShape = TileShape<Mode, 4, 4, 2>;  // 128 x 128, a warp 64 x 32
template <typename Mode>
using NarrowShape = TileShape<Mode, 2, 4, 4>;  // 128 x 64, a warp 32 x 32: half of the work for 64 channels or fewer

template <typename Shape>
constexpr size_t kStageBytes = tile::shared_bytes<typename Shape::Element>(Shape::kStages * Shape::kStage);

}  // namespace gramian
