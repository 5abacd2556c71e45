// Passes over a matrix (rows, c) in which a thread keeps its columns: what belongs to a column (a factor, a mean, a sum
// that grows) stays in registers while the thread walks down the rows. Biases, sums of columns, batch normalisation.
//
// A thread has 4 neighbouring columns, read in one access of 16 bytes, or 8 of bfloat16, where c is a multiple of 4
// and the matrices begin at a border of 16 bytes (kAligned), else one by one. A block of 256 threads has up to 32
// threads along a row, and as many rows at a time as that leaves. The rows are cut into chunks, one block each. What a
// pass adds up is one Part a column and chunk; parts merge in an order that depends on the sizes alone, not on the
// alignment.
//
// A Part has merged(other), and moved(away): the one of the lane that is so much further.
#pragma once

#include <algorithm>

#include "core/context.h"
#include "tile/element.h"
#include "tile/reduce.h"

namespace gramian {
namespace walk {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;
// Rows that a thread reads before it works on them: four loads are on their way together.
constexpr int kGroup = 4;

struct Cut {
  int64_t rows, c;
  int64_t chunk;    // rows of a chunk
  int64_t chunks;   // at least 1: a matrix without rows has sums too
  int64_t across;   // blocks along a row
  int lanes;        // threads of a block along a row, a power of 2
};

inline Cut cut(int64_t rows, int64_t c) {
  // eight blocks of 256 threads fill each of 132 multiprocessors
  constexpr int64_t kWantedBlocks = 1056;
  const int64_t quads = (c + 3) / 4;
  int lanes = 1;
  while (lanes < 32 && lanes < quads) lanes *= 2;
  const int64_t across = (quads + lanes - 1) / lanes;
  const int64_t most = std::max<int64_t>(1, kWantedBlocks / std::max<int64_t>(1, across));
  // two groups a thread at least, or storing and merging the parts would cost more than reading
  const int64_t least = int64_t{2} * kGroup * kThreads / lanes;
  const int64_t chunk = std::max(least, (rows + most - 1) / most);
  return {rows, c, chunk, std::max<int64_t>(1, (rows + chunk - 1) / chunk), across, lanes};
}

inline Grid grid(const char* name, const Cut& of, size_t shared_bytes = 0) {
  return {name, dim3(static_cast<unsigned>(of.across), static_cast<unsigned>(of.chunks)), kThreads, shared_bytes};
}

// Whether kAligned may be taken for these matrices; null is none.
template <typename... Matrices>
bool aligned(int64_t c, const Matrices*... matrices) {
  return c % 4 == 0 && ((reinterpret_cast<uintptr_t>(matrices) % 16 == 0) && ...);
}

// Where this thread walks: its first column, how many columns it has (0 to 4), and rows first, first + step, .. < end.
struct Place {
  int64_t column, first, end;
  int columns, step;
  __device__ __forceinline__ explicit Place(const Cut& of) {
    const int lanes = of.lanes;
    column = 4 * (static_cast<int64_t>(blockIdx.x) * lanes + static_cast<int>(threadIdx.x) % lanes);
    columns = of.c - column >= 4 ? 4 : of.c > column ? static_cast<int>(of.c - column) : 0;
    step = kThreads / lanes;
    const int64_t begin = static_cast<int64_t>(blockIdx.y) * of.chunk;
    first = begin + static_cast<int>(threadIdx.x) / lanes;
    end = columns == 0 ? first : begin + of.chunk < of.rows ? begin + of.chunk : of.rows;
  }
};

// The numbers of one thread in one row.
struct Four {
  float at[4];
};

// Columns that are not there are 0.
template <bool kAligned, typename Element>
__device__ __forceinline__ Four load(const Element* p, int columns) {
  if constexpr (kAligned) {
    const float4 x = tile::get4(p);
    return {{x.x, x.y, x.z, x.w}};
  } else {
    Four x;
#pragma unroll
    for (int k = 0; k < 4; ++k) x.at[k] = k < columns ? tile::widened(p[k]) : 0.0f;
    return x;
  }
}

template <bool kAligned, typename Element>
__device__ __forceinline__ void store(Element* p, int columns, const Four& x) {
  if constexpr (kAligned) {
    tile::put4(p, make_float4(x.at[0], x.at[1], x.at[2], x.at[3]));
  } else {
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      if (k < columns) tile::put(p + k, x.at[k]);
    }
  }
}

// What belongs to the columns of this thread: array (c), or value for each where there is none.
__device__ __forceinline__ Four of_columns(const float* array, const Place& at, float value) {
  if (array != nullptr) return load<false>(array + at.column, at.columns);
  return {{value, value, value, value}};
}

template <typename Part>
constexpr size_t kScratchBytes = tile::shared_bytes<Part>(kThreads * 4);

// partial (chunks, c): merges what the threads of the block have for the same columns, by halves of its rows. All
// threads come; scratch holds 4 kThreads parts.
template <typename Part>
__device__ __forceinline__ void store_parts(
    const Cut& of, const Part (&mine)[4], tile::Shared<Part> scratch, Part* __restrict__ partial) {
  const int t = static_cast<int>(threadIdx.x);
#pragma unroll
  for (int k = 0; k < 4; ++k) scratch[4 * t + k] = mine[k];
  for (int half = kThreads / 2; half >= of.lanes; half /= 2) {
    __syncthreads();  // the other half is complete
    if (t >= half) continue;
#pragma unroll 1  // in registers all at once, the parts would spill
    for (int k = 4 * t; k < 4 * t + 4; ++k) {
      const Part part = scratch[k];
      scratch[k] = part.merged(scratch[k + 4 * half]);
    }
  }
  __syncthreads();  // a thread writes one column, which another finished
  const int64_t column = static_cast<int64_t>(blockIdx.x) * 4 * of.lanes + t;
  if (t < 4 * of.lanes && column < of.c) partial[static_cast<int64_t>(blockIdx.y) * of.c + column] = scratch[t];
}

// All chunks of a column, by a warp; lane 0 gets the result.
template <typename Part>
__device__ __forceinline__ Part merge_chunks(const Cut& of, const Part* __restrict__ partial, int64_t column) {
  Part all = {};
  for (int64_t chunk = threadIdx.x % 32; chunk < of.chunks; chunk += 32) {
    all = all.merged(partial[chunk * of.c + column]);
  }
#pragma unroll
  for (int away = 16; away > 0; away /= 2) all = all.merged(all.moved(away));
  return all;
}

// A warp for each column.
inline Grid columns_grid(const char* name, int64_t c) {
  return {name, static_cast<unsigned>((c + kWarps - 1) / kWarps), kThreads};
}

__device__ __forceinline__ int64_t column_of_warp() {
  return static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / 32;
}

}  // namespace walk
}  // namespace gramian
