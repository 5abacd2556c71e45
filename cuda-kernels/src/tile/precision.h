// The three operand precisions of a tile product. Sums are float32 in all of them.
//
// Operands lie in memory with rows of kChunk elements or a multiple, filled with zeros (gram/operand.h): a chunk is 128
// bytes of a row, eight copies of 16 bytes, and nothing asks for the end of a row in the inner loop. In shared memory a
// row of a chunk takes 144 bytes: 36 words, so that the 8 rows of a fragment start in banks 0, 4, .. 28.
#pragma once

#include <cstdint>

namespace gramian {
namespace tile {

// FFMA on what was given; the error of a float32 product.
struct Float32 {
  using Element = float;
  static constexpr int kChunk = 32;
};

// mma.m16n8k8; operands were rounded to TF32 when they were laid out. Relative error of an operand 2^-11.
struct Tf32 {
  using Element = float;
  static constexpr int kChunk = 32;
};

// mma.m16n8k16. Relative error of an operand 2^-8.
struct Bfloat16 {
  using Element = uint16_t;
  static constexpr int kChunk = 64;
};

template <typename Mode>
constexpr int kElementsIn16Bytes = 16 / static_cast<int>(sizeof(typename Mode::Element));

// Elements from one row of a chunk to the next in shared memory.
template <typename Mode>
constexpr int kChunkStride = Mode::kChunk + kElementsIn16Bytes<Mode>;

}  // namespace tile
}  // namespace gramian
