// A stream that knows its device. Every use of it makes the device current for the calling thread, so that calls may
// come from any thread and contexts of several devices live in one process.
#pragma once

#include <cuda_runtime.h>

#include "core/launch.h"

namespace gramian {

// Makes a device current for this thread; asking first costs nanoseconds, setting may not.
inline void make_current(int device) {
  int current = -1;
  if (cudaGetDevice(&current) == cudaSuccess && current == device) return;
  check(cudaSetDevice(device), "making a device current");
}

class DeviceStream {
 public:
  DeviceStream() = default;
  DeviceStream(int device, cudaStream_t stream) : device_(device), stream_(stream) {}
  operator cudaStream_t() const {
    make_current(device_);
    return stream_;
  }
  int device() const { return device_; }

 private:
  int device_ = 0;
  cudaStream_t stream_ = nullptr;
};

}  // namespace gramian
