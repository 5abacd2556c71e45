// Many tensors in one launch: their addresses and settings travel as a kernel parameter, 64 tensors at a time, so that
// nothing is copied to the device and nobody waits. Block b of a launch has one stretch of 4096 elements of one tensor;
// the cut depends on the sizes alone, and so do the sums over it.
#pragma once

#include "core/context.h"
#include "tile/reduce.h"

namespace gramian {
namespace optim {

constexpr int kThreads = 256;
constexpr int64_t kStretch = 4096;  // 16 elements a thread
constexpr int kMostTensors = 64;    // 56 bytes each: below the 4 KiB that every device takes as parameters

struct Slot {
  float* parameter;       // or a moving average; null where tensors are only read
  const float* gradient;  // or what it follows
  float* first;   // momentum or mean
  float* second;  // square; null where there is none
  int64_t size;
  float rate, decay;
  int32_t block;  // the first one of this tensor in the launch
  int32_t index;  // of the tensor in the call
};

struct Table {
  Slot slots[kMostTensors];
  int32_t count;
  int32_t blocks;
};

// Sums of squares of one stretch or tensor: of the parameter, and of what moves it.
struct Squares {
  double parameter, update;
};

// The slot of this block: the last one that begins at it or before.
__device__ __forceinline__ int slot_of_block(const Table& table) {
  int low = 0;
  int high = table.count - 1;
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (table.slots[middle].block <= static_cast<int>(blockIdx.x)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

// Calls body(i) for the elements of this block's stretch.
template <typename Body>
__device__ __forceinline__ void for_each_element(const Slot& slot, Body body) {
  const int64_t from = (static_cast<int64_t>(blockIdx.x) - slot.block) * kStretch;
  const int64_t to = from + kStretch < slot.size ? from + kStretch : slot.size;
  for (int64_t i = from + threadIdx.x; i < to; i += kThreads) body(i);
}

// squares[block of the launch] = sums of this block; scratch holds 2 x 8 doubles.
__device__ __forceinline__ void store_squares(Squares mine, Squares* squares) {
  tile::SharedMemory memory;
  const auto first = memory.take<double>(kThreads / 32);
  const auto second = memory.take<double>(kThreads / 32);
  const double parameter = tile::block_sum(mine.parameter, first);
  const double update = tile::block_sum(mine.update, second);
  if (threadIdx.x == 0) squares[blockIdx.x] = {parameter, update};
}

constexpr size_t kSquaresBytes = 2 * tile::shared_bytes<double>(kThreads / 32);

// Sums over the blocks of a slot, lanes of one warp striding, always in the same order.
__device__ __forceinline__ Squares sum_of_slot(const Table& table, int slot, const Squares* squares) {
  const int end = slot + 1 < table.count ? table.slots[slot + 1].block : table.blocks;
  Squares sum = {0, 0};
  for (int b = table.slots[slot].block + static_cast<int>(threadIdx.x); b < end; b += 32) {
    sum.parameter += squares[b].parameter;
    sum.update += squares[b].update;
  }
  return {tile::warp_sum(sum.parameter), tile::warp_sum(sum.update)};
}

// What a call has: host arrays of addresses and settings; those that it has no use for are null.
struct Tensors {
  int64_t count;
  const int64_t* sizes;
  float* const* parameters;
  const float* const* gradients;
  float* const* first;
  float* const* second;
  const double* rates;
  const double* decays;
};

// The t-th element; null or 0 of an array that is not there.
template <typename T>
T entry(const T* array, int64_t t) {
  return array == nullptr ? T() : array[t];
}

// Calls run(table) for groups of tensors; empty ones take no part.
template <typename Run>
void for_each_table(const Tensors& of, Run run) {
  Table table = {};
  for (int64_t t = 0; t < of.count; ++t) {
    if (of.sizes[t] > 0) {
      table.slots[table.count++] = {entry(of.parameters, t), entry(of.gradients, t), entry(of.first, t),
          entry(of.second, t), of.sizes[t], static_cast<float>(entry(of.rates, t)),
          static_cast<float>(entry(of.decays, t)), table.blocks, static_cast<int32_t>(t)};
      table.blocks += static_cast<int32_t>((of.sizes[t] + kStretch - 1) / kStretch);
    }
    if (table.count > 0 && (table.count == kMostTensors || t + 1 == of.count)) {
      run(table);
      table = {};
    }
  }
}

inline Grid blocks_of(const char* name, const Table& table, size_t shared_bytes = 0) {
  return {name, static_cast<unsigned>(table.blocks), kThreads, shared_bytes};
}

}  // namespace optim
}  // namespace gramian
