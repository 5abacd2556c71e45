// Shared memory of a block, through one accessor. A kernel makes one SharedMemory at its start and takes its arrays
// from it, every thread the same ones in the same order; the launch names their bytes, each rounded up to 16.
#pragma once

#include <cuda_runtime.h>

#ifndef __CUDACC__
#include "simt/shared.h"
#endif

namespace gramian {
namespace tile {

// Bytes that take<T>(count) needs.
template <typename T>
__host__ __device__ constexpr size_t shared_bytes(int64_t count) {
  return (static_cast<size_t>(count) * sizeof(T) + 15) / 16 * 16;
}

#ifdef __CUDACC__

// A pointer into shared memory.
template <typename T>
using Shared = T*;

class SharedMemory {
 public:
  __device__ SharedMemory() {
    extern __shared__ __align__(128) unsigned char dynamic_shared_memory[];
    next_ = dynamic_shared_memory;
  }
  template <typename T>
  __device__ Shared<T> take(int64_t count) {
    T* array = reinterpret_cast<T*>(next_);
    next_ += shared_bytes<T>(count);
    return array;
  }

 private:
  unsigned char* next_;
};

// The same place as elements of another type.
template <typename U, typename T>
__device__ __forceinline__ Shared<U> view_as(Shared<T> p) {
  return reinterpret_cast<U*>(p);
}

#else

template <typename T>
using Shared = simt::SharedPointer<T>;

class SharedMemory {
 public:
  template <typename T>
  Shared<T> take(int64_t count) {
    return simt::shared_array<T>(taken_++, count);
  }

 private:
  unsigned taken_ = 0;
};

template <typename U, typename T>
Shared<U> view_as(Shared<T> p) {
  return p.template as<U>();
}

#endif

}  // namespace tile
}  // namespace gramian
