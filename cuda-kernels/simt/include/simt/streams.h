// Streams of the executor: what becomes of a piece of work that a program gives to one.
#pragma once

#include <functional>

#include "cuda_runtime.h"

namespace simt {

using Work = std::function<cudaError_t()>;

// Remembers what went wrong on this host thread, for cudaGetErrorString.
cudaError_t failed(cudaError_t error, const std::string& sentence);
// The device that is current on this host thread.
int current_device();
uint64_t seed_of(cudaStream_t stream);
// The stream that has this address; null if there is none.
cudaStream_t stream_of(int64_t handle);
// Runs the work, or keeps it for later, or records it, as the stream is.
cudaError_t submit(cudaStream_t stream, Work work);
// An error if the stream cannot be used now for what cannot be recorded, or is not of the current device.
cudaError_t refuse(cudaStream_t stream, const char* what);

}  // namespace simt
