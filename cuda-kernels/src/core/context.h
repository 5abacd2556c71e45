// What a sequence of calls shares on a CUDA device: its stream, and scratch memory that grows to the largest need.
//
// Scratch is reused in stream order: a kernel of the next operation that gets the same memory runs after those that
// used it before. Nothing here waits for the device.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <vector>

#include "core/launch.h"
#include "gramian/solver.h"

// What gramian_context_lend_solver was given.
struct LentSolver {
  gramian_solve solve = nullptr;
  int64_t state = 0;
  int64_t from = 0;
};

struct gramian_context {
  cudaStream_t stream = nullptr;
  bool owns_stream = false;
  int32_t precision = GRAMIAN_PRECISION_FLOAT32;
  LentSolver solver;

  gramian_context() = default;
  gramian_context(const gramian_context&) = delete;
  gramian_context& operator=(const gramian_context&) = delete;
  ~gramian_context();

  // Starts a new operation: everything taken before is free again.
  void begin() { next_ = 0; }
  // Scratch for count elements, aligned to 256 bytes, uninitialised, valid until the next begin(). Throws Failure.
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
