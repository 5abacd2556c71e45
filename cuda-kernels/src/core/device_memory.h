// The memory of one device, for all contexts on it: a pool of the CUDA runtime in stream order, a limit and a count.
//
// What is freed stays in the pool and is given out again without asking the driver; a stream that gets memory which
// another one has freed waits on the device for that one. When there is none left, the pool is trimmed and asked once
// more. Device memory of kernels' scratch and of tensors both come from here.
#pragma once

#include <cuda_runtime.h>

#include <atomic>
#include <cstdint>
#include <mutex>

namespace gramian {

class DeviceMemory {
 public:
  // The memory of a device, made at its first use. Throws Failure where there is no such device.
  static DeviceMemory& of(int device);

  explicit DeviceMemory(int device);
  // At least one byte, in the order of the stream. Throws Failure, out of memory with how much was asked and is held.
  void* allocate(size_t bytes, cudaStream_t stream);
  // The same on a stream of this object, ready for any stream: what a capture needs, whose own stream records it only.
  void* allocate_ready(size_t bytes);
  void release(void* address, size_t bytes, cudaStream_t stream);
  void release_ready(void* address, size_t bytes);
  // Gives back what is freed, after waiting for the stream.
  void trim(cudaStream_t stream);
  void limit(int64_t bytes) { limit_ = bytes; }
  // numbers (5) of gramian_memory_statistics.
  void statistics(int64_t* numbers);

 private:
  cudaError_t take(size_t bytes, cudaStream_t stream, void** address);

  const int device_;
  cudaMemPool_t pool_ = nullptr;
  cudaStream_t service_ = nullptr;
  std::mutex service_mutex_;
  std::atomic<int64_t> held_{0};
  std::atomic<int64_t> limit_{0};
};

}  // namespace gramian
