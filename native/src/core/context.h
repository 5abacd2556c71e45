// What a sequence of calls shares: threads and scratch memory that grows to the largest need and is then reused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "gramian/system.h"

namespace gramian {
class ConvolutionCache;
}

struct gramian_context {
  int threads = 1;
  std::shared_ptr<gramian::ConvolutionCache> convolutions;  // made by the first convolution

  ~gramian_context();

  // Starts a new operation: everything taken before is free again.
  void begin() { next_ = 0; }
  // Scratch for count elements, aligned to 64 bytes, uninitialised, valid until the next begin(). Throws bad_alloc.
  template <typename T>
  T* scratch(int64_t count) {
    return static_cast<T*>(take(static_cast<size_t>(count) * sizeof(T)));
  }
  int64_t scratch_bytes() const;

 private:
  struct Block {
    void* address;
    size_t bytes;
  };
  void* take(size_t bytes);

  std::vector<Block> blocks_;  // the i-th take of an operation reuses the i-th block
  size_t next_ = 0;
};
