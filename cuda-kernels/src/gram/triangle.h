// Tiles of the upper triangle of a symmetric Gram matrix, counted column by column: tile (row, column), row <= column,
// is number column (column + 1) / 2 + row.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace gramian {

struct TilePair {
  int row, column;
};

// Number of tiles of a triangle with this many tiles a side.
constexpr int64_t triangle_tiles(int64_t side) { return side * (side + 1) / 2; }

__device__ __forceinline__ TilePair triangle_tile(unsigned index) {
  // the square root may be off by one at either side
  int64_t column = static_cast<int64_t>((sqrt(8.0 * index + 1) - 1) / 2);
  if (column * (column + 1) / 2 > index) --column;
  if ((column + 1) * (column + 2) / 2 <= index) ++column;
  return {static_cast<int>(index - column * (column + 1) / 2), static_cast<int>(column)};
}

}  // namespace gramian
