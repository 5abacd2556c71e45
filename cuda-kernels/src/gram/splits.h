// How a Gram kernel is cut into blocks: rows over blockIdx.x, and the columns of a row over blockIdx.y where there are
// fewer rows than the device can hold. The cut depends on the sizes alone, so that the same input gives the same bits.
#pragma once

#include <cstdint>

namespace gramian {

// Two waves of one block on each of the 132 multiprocessors of an H100; a smaller device takes more waves.
constexpr int64_t kWantedBlocks = 264;

struct Splits {
  int count;  // of the columns
  int tiles;  // of kColumns columns, in each split but the last
};

// rows: blocks without any split.
inline Splits split_columns(int64_t rows, int64_t columns, int kColumns) {
  const int64_t tiles = (columns + kColumns - 1) / kColumns;
  if (tiles == 0) return {1, 0};
  const int64_t wanted = rows == 0 ? 1 : (kWantedBlocks + rows - 1) / rows;
  const int64_t each = (tiles + wanted - 1) / wanted;
  return {static_cast<int>((tiles + each - 1) / each), static_cast<int>(each)};
}

}  // namespace gramian
