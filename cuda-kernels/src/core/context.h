// What a sequence of calls shares on a CUDA device: its stream, and scratch memory that grows to the largest need.
//
// Scratch is reused in stream order: a kernel of the next operation that gets the same memory runs after those that
// used it before. Nothing here waits for the device. While calls are captured, scratch is the graph's own: its kernels
// find it where it was, however often they run, and whatever the context does in between.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <vector>

#include "core/device_memory.h"
#include "core/device_stream.h"
#include "core/launch.h"
#include "core/staging.h"
#include "gramian/solver.h"

// What gramian_context_lend_solver was given.
struct LentSolver {
  gramian_solve solve = nullptr;
  int64_t state = 0;
  int64_t from = 0;
};

struct gramian_context {
  struct Block {
    void* address;
    size_t bytes;
  };

  gramian::DeviceStream stream;
  bool owns_stream = false;
  int32_t precision = GRAMIAN_PRECISION_FLOAT32;
  LentSolver solver;
  gramian::Staging staging;

  explicit gramian_context(int device) : memory_(gramian::DeviceMemory::of(device)) {}
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
  gramian::DeviceMemory& memory() { return memory_; }

  bool capturing() const { return capturing_; }
  // From here on, scratch is new; up to the call that hands it over.
  void begin_capture();
  std::vector<Block> end_capture();

 private:
  void* take(size_t bytes);
  void make(Block* block, size_t bytes);

  gramian::DeviceMemory& memory_;
  std::vector<Block> blocks_;  // the i-th take of an operation reuses the i-th block
  size_t next_ = 0;
  bool capturing_ = false;
  std::vector<Block> kept_;      // while capturing: the blocks of calls outside
  std::vector<Block> outgrown_;  // while capturing: blocks that earlier calls of the capture use
};
