// What the passes of attention share: where a head lies, tiles of it in shared memory, products of tiles.
//
// A block of 4 warps has 64 tokens of a head: a warp 16 of them, with all columns of a tile of 64 others, so that the
// scores of a warp are the left operand of its second product where they lie (gram/slab_product.h). 64 and not 128:
// images have few tokens (65 for 8 x 8 patches and a class token, 197 for 14 x 14), and a tile half empty is work lost.
#pragma once

#include "gram/slab_product.h"
#include "tile/element.h"

namespace gramian {
namespace attention {

constexpr float kLog2E = 1.4426950408889634f;

constexpr int kThreads = 128;
constexpr int kTile = 64;
// Blocks of a multiprocessor: what 255 registers a thread leave room for.
constexpr int kBlocksAtOnce = 2;
// Widest head: its accumulators fill the registers of a thread, and two tiles of it beside their partners 153 KiB of
// shared memory in float32, of 163 that there are.
constexpr int kWidest = 128;

struct Sizes {
  int64_t b;
  int t, h, e;
  int tiles;  // of the tokens
};

// Heads in the layout (b, t, parts h, width), in the rounding of a precision, zeros behind e.
template <typename Mode>
struct Heads {
  const typename Mode::Element* rows;
  int64_t step;  // elements from one token to the next
  int width;     // whole 16 bytes

  // Tokens of head number `head` (of parts h) of image b.
  __device__ __forceinline__ const typename Mode::Element* of(const Sizes& sizes, int64_t b, int head) const {
    return rows + b * sizes.t * step + static_cast<int64_t>(head) * width;
  }
};

// The image, head and tile of this block.
struct Place {
  int64_t b;
  int head, first;  // first: token

  __device__ __forceinline__ explicit Place(const Sizes& sizes) {
    const int64_t all = static_cast<int64_t>(blockIdx.x) / sizes.tiles;
    first = static_cast<int>(static_cast<int64_t>(blockIdx.x) % sizes.tiles) * kTile;
    b = all / sizes.h;
    head = static_cast<int>(all % sizes.h);
  }
  // Row of a statistic (b, h, t) that belongs to this head.
  __device__ __forceinline__ int64_t statistics(const Sizes& sizes) const { return (b * sizes.h + head) * sizes.t; }
  // Of an array (b, t, parts, h, e): its first number of this head in one part.
  __device__ __forceinline__ int64_t numbers(const Sizes& sizes, int parts, int part) const {
    return ((b * sizes.t * parts + part) * sizes.h + head) * sizes.e;
  }
};

// Elements from one token to the next in shared memory: 16 bytes behind them, so that neighbouring rows start 4 banks
// apart.
template <typename Mode, int kWidth>
constexpr int kStride = kWidth + tile::kElementsIn16Bytes<Mode>;

template <typename Mode>
constexpr int kWeights = std::is_same_v<Mode, tile::Float32> ? kThreads / 32 * 16 * kWeightStride : 1;

template <typename Mode>
using Scores = typename WeighShape<Mode>::Sums;

// Row of this warp in the block, and of this lane's d[0][.][r].
__device__ __forceinline__ int warp_row() { return static_cast<int>(threadIdx.x / 32) * 16; }
__device__ __forceinline__ int row_of(int r) { return warp_row() + tile::lane_of_warp() / 4 + r / 2 * 8; }
// Column of d[0][k / 2][. + k % 2], k = 0 .. 15.
__device__ __forceinline__ int column_of(int k) { return k / 2 * 8 + tile::lane_of_warp() % 4 * 2 + k % 2; }

// Starts copying tokens first .. first + 63 of a head to target (kTile, kWidth); zeros from token t and number `width`
// on.
template <typename Mode, int kWidth>
__device__ __forceinline__ void load_tokens(tile::Shared<typename Mode::Element> target,
    const typename Mode::Element* __restrict__ head, const Heads<Mode>& of, int first, int t) {
  constexpr int kWide = tile::kElementsIn16Bytes<Mode>;
  constexpr int kCopies = kWidth / kWide;           // of a token
  constexpr int kTokens = kThreads / kCopies;       // at once
  static_assert(kThreads % kCopies == 0 && kTile % kTokens == 0, "a thread stays in its column");
  const int at = static_cast<int>(threadIdx.x) % kCopies * kWide;
  const int row = static_cast<int>(threadIdx.x) / kCopies;
  const typename Mode::Element* source = head + (first + row) * of.step + at;
  const tile::Shared<typename Mode::Element> to = target + (row * kStride<Mode, kWidth> + at);
#pragma unroll
  for (int step = 0; step < kTile; step += kTokens) {
    const bool inside = first + row + step < t && at < of.width;
    tile::copy_async(to + step * kStride<Mode, kWidth>, inside ? source : head, inside);
    source += kTokens * of.step;
  }
}

// s (16, 64) of this warp = <its tokens of mine, tokens of other> over all numbers of a head.
template <typename Mode, int kWidth>
__device__ __forceinline__ void multiply_tokens(Scores<Mode>& s, tile::Shared<typename Mode::Element> mine,
    tile::Shared<typename Mode::Element> other, int width) {
  constexpr int kFrom = kStride<Mode, kWidth>;
  s.clear();
#pragma unroll 1
  for (int k = 0; k < width; k += Mode::kChunk) {
    tile::multiply_chunk(Mode(), s, mine + (warp_row() * kFrom + k), other + k, kFrom, kFrom);
  }
}

// Rows of this block's head, times a factor for each half of an accumulator; token i stands at i step.
template <int kWidth, typename Element>
__device__ __forceinline__ void store_tokens(const SlabSums<kWidth>& sums, const float (&factor)[2], int first,
    const Sizes& sizes, int64_t step, Element* __restrict__ target) {
#pragma unroll
  for (int n = 0; n < kWidth / 8; ++n) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int i = first + row_of(2 * half);
      const int feature = 8 * n + tile::lane_of_warp() % 4 * 2;
      if (i >= sizes.t || feature >= sizes.e) continue;
      tile::put2(target + i * step + feature, sums.value[0][n][2 * half] * factor[half],
          sums.value[0][n][2 * half + 1] * factor[half], feature + 1 < sizes.e);
    }
  }
}

}  // namespace attention
}  // namespace gramian
