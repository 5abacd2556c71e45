// Division by a number that is known before the launch: a multiplication and a shift (Granlund and Montgomery, Division
// by Invariant Integers using Multiplication, PLDI 1994, figure 4.1), where a GPU takes some twenty instructions.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace gramian {
namespace tile {

// Exact for numbers of 0 .. 2^31 - 1 and divisors of 1 .. 2^31 - 1: with 2^(shift - 1) < d <= 2^shift,
// n / d = (n + n multiplier / 2^32) / 2^shift, and the sum stays below 2^32.
class Divisor {
 public:
  Divisor() = default;
  explicit Divisor(int64_t d) : value_(static_cast<int>(d)) {
    while ((int64_t{1} << shift_) < d) ++shift_;
    multiplier_ = static_cast<uint32_t>((((uint64_t{1} << shift_) - static_cast<uint64_t>(d)) << 32) /
                                            static_cast<uint64_t>(d) + 1);
  }

  __device__ __forceinline__ int value() const { return value_; }
  __device__ __forceinline__ int quotient(int n) const {
    const uint32_t high = static_cast<uint32_t>(static_cast<uint64_t>(n) * multiplier_ >> 32);
    return static_cast<int>((high + static_cast<uint32_t>(n)) >> shift_);
  }

 private:
  int value_ = 1;
  uint32_t multiplier_ = 1;
  int shift_ = 0;
};

}  // namespace tile
}  // namespace gramian
