// Copies between the host and a device through pinned memory: the processor fills or empties one piece while the device
// copies others.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <list>

namespace gramian {

class Staging {
 public:
  // The device copies in stream order; the host memory may be changed when the call returns. Waits only where much is
  // on its way: 8 MiB, or 64 small uploads.
  void upload(const char* host, char* device, size_t bytes, cudaStream_t stream);
  // The bytes are on the host when the call returns.
  void download(const char* device, char* host, size_t bytes, cudaStream_t stream);
  // Frees the memory; the stream has to be idle.
  void release();

 private:
  struct Piece {
    char* memory = nullptr;
    size_t bytes = 0;
    cudaEvent_t copied = nullptr;
  };
  Piece& next(size_t bytes, const Piece* busy);
  Piece& made(size_t bytes);

  std::list<Piece> pieces_;  // in the order of their use, the last one at the end
  size_t held_ = 0;
};

}  // namespace gramian
