// Copies between the host and a device through pinned memory: the processor fills or empties one half while the device
// copies the other.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>

namespace gramian {

class Staging {
 public:
  // The device copies in stream order; the host memory may be changed when the call returns.
  void upload(const char* host, char* device, size_t bytes, cudaStream_t stream);
  // The bytes are on the host when the call returns.
  void download(const char* device, char* host, size_t bytes, cudaStream_t stream);
  // Frees the memory; the stream has to be idle.
  void release();

 private:
  struct Half {
    char* memory = nullptr;
    size_t bytes = 0;
    cudaEvent_t copied = nullptr;
  };
  Half& next(size_t bytes);

  Half halves_[2];
  int turn_ = 0;
};

}  // namespace gramian
