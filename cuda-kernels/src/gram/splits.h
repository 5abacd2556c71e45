// How a Gram kernel is cut into blocks: rows over blockIdx.x, and the columns of a row over blockIdx.y where there are
// fewer rows than the device can hold. The cut depends on the sizes alone, so that the same input gives the same bits.
#pragma once

#include <cstdint>
#include <limits>

#include "core/status.h"

namespace gramian {

// Two waves of one block on each of the 132 multiprocessors of an H100; a smaller device takes more waves.
constexpr int64_t kWantedBlocks = 264;

struct Splits {
  int count;  // of the columns
  int tiles;  // of kColumns columns, in each split but the last
};

inline unsigned blocks_of(int64_t rows, int64_t each) { return static_cast<unsigned>((rows + each - 1) / each); }

// Positions of rows are int in the kernels, up to the end of the last tile.
inline void check_counts(int64_t rows, int64_t columns) {
  constexpr int64_t kMost = std::numeric_limits<int>::max() - 255;
  if (rows > kMost || columns > kMost) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "more than 2^31 - 256 rows");
}

// rows: blocks without any split.
inline Splits split_columns(int64_t rows, int64_t columns, int kColumns) {
  const int64_t tiles = (columns + kColumns - 1) / kColumns;
  if (tiles == 0) return {1, 0};
  const int64_t wanted = rows == 0 ? 1 : (kWantedBlocks + rows - 1) / rows;
  const int64_t each = (tiles + wanted - 1) / wanted;
  return {static_cast<int>((tiles + each - 1) / each), static_cast<int>(each)};
}

}  // namespace gramian
