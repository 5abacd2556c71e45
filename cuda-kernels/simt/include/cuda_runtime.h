// The part of CUDA that the kernels of this library use, for g++: execution on the host, see simt/block.h. Found
// instead of NVIDIA's header by its name. What is missing here, the kernels do without: <<< >>>, __shared__ variables
// (shared memory comes from tile/shared.h), float atomics.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "simt/block.h"
#include "simt/warp.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__
#define __restrict__ __restrict

// Indices are read where a kernel reads them, from the thread that runs.
namespace simt {
template <unsigned (*kValue)()>
struct Coordinate {
  operator unsigned() const { return kValue(); }
};
template <Index3 (*kIndex)()>
struct Coordinates {
  static unsigned read_x() { return kIndex().x; }
  static unsigned read_y() { return kIndex().y; }
  static unsigned read_z() { return kIndex().z; }
  Coordinate<read_x> x;
  Coordinate<read_y> y;
  Coordinate<read_z> z;
};
inline Index3 thread_index() { return self().index; }
inline Index3 block_index() { return self().block->index(); }
inline Index3 block_size() { return self().block->launch().block; }
inline Index3 grid_size() { return self().block->launch().grid; }
}  // namespace simt
inline constexpr simt::Coordinates<simt::thread_index> threadIdx{};
inline constexpr simt::Coordinates<simt::block_index> blockIdx{};
inline constexpr simt::Coordinates<simt::block_size> blockDim{};
inline constexpr simt::Coordinates<simt::grid_size> gridDim{};

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

inline unsigned __float_as_uint(float x) {
  unsigned bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
inline float __uint_as_float(unsigned bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

inline int __popc(unsigned x) { return __builtin_popcount(x); }

// Integer atomics in device memory; blocks run at the same time. There are none for floats: their sums would depend on
// the order.
inline int atomicAdd(int* at, int value) { return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST); }
inline unsigned atomicAdd(unsigned* at, unsigned value) { return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST); }
inline unsigned long long atomicAdd(unsigned long long* at, unsigned long long value) {
  return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST);
}
inline int atomicExch(int* at, int value) { return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST); }
inline int atomicCAS(int* at, int expected, int value) {
  __atomic_compare_exchange_n(at, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
}
inline int atomicMin(int* at, int value) {
  int old = *at;
  while (value < old && !__atomic_compare_exchange_n(at, &old, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
  }
  return old;
}
inline int atomicMax(int* at, int value) {
  int old = *at;
  while (value > old && !__atomic_compare_exchange_n(at, &old, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
  }
  return old;
}
inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

#include "simt/runtime.h"
