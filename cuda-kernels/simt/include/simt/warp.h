// What the lanes of a warp do together: shuffles, votes, __syncwarp. A lane that the mask names and that does not
// come, or a value taken from a lane outside the mask, ends the kernel.
#pragma once

#include <cstring>

#include "simt/thread.h"

namespace simt {

enum class Move { index, up, down, exclusive_or };

// The value of another lane.
uint64_t shuffle(unsigned mask, Move move, uint64_t bits, int argument, int width, Site site);

enum class Vote { ballot, any, all };
unsigned vote(unsigned mask, Vote vote, bool predicate, Site site);

void sync_warp(unsigned mask, Site site);

template <typename T>
T shuffle_value(unsigned mask, Move move, T value, int argument, int width, Site site) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles move 4 or 8 bytes");
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = shuffle(mask, move, bits, argument, width, site);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace simt

// The last two parameters are the place of the call.
template <typename T>
T __shfl_sync(unsigned mask, T value, int lane, int width = 32, const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
  return simt::shuffle_value(mask, simt::Move::index, value, lane, width, {file, line});
}

template <typename T>
T __shfl_up_sync(unsigned mask, T value, int delta, int width = 32, const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
  return simt::shuffle_value(mask, simt::Move::up, value, delta, width, {file, line});
}

template <typename T>
T __shfl_down_sync(unsigned mask, T value, int delta, int width = 32, const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
  return simt::shuffle_value(mask, simt::Move::down, value, delta, width, {file, line});
}

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32, const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
  return simt::shuffle_value(mask, simt::Move::exclusive_or, value, lanes, width, {file, line});
}

inline unsigned __ballot_sync(unsigned mask, int predicate, const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
  return simt::vote(mask, simt::Vote::ballot, predicate != 0, {file, line});
}

inline int __any_sync(unsigned mask, int predicate, const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
  return static_cast<int>(simt::vote(mask, simt::Vote::any, predicate != 0, {file, line}));
}

inline int __all_sync(unsigned mask, int predicate, const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
  return static_cast<int>(simt::vote(mask, simt::Vote::all, predicate != 0, {file, line}));
}

inline void __syncwarp(unsigned mask = 0xffffffffu, const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
  simt::sync_warp(mask, {file, line});
}

inline void __syncthreads(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  simt::barrier({file, line});
}
