// The calls of the CUDA runtime that the launchers use. Device memory is heap memory, so that AddressSanitizer guards
// it, filled with NaN; every call is over when it returns. A stream is a number: the seed of the order of threads.
#pragma once

#include <map>
#include <string>

#include "simt/block.h"

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorLaunchFailure = 719
};
enum cudaMemcpyKind { cudaMemcpyDefault = 4 };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
struct simt_stream;
typedef simt_stream* cudaStream_t;

struct cudaLaunchConfig_t {
  dim3 gridDim;
  dim3 blockDim;
  size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
};

// In words; after cudaErrorLaunchFailure what the kernel of this host thread did wrong.
const char* cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetLastError();
cudaError_t cudaMalloc(void** memory, size_t bytes);
cudaError_t cudaFree(void* memory);
cudaError_t cudaMallocAsync(void** memory, size_t bytes, cudaStream_t stream);
cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream);
cudaError_t cudaMemcpyAsync(void* target, const void* source, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamDestroy(cudaStream_t stream);

namespace simt {

// Names the next launch of this host thread in messages.
void name_next_launch(const char* name);
cudaError_t launch(const cudaLaunchConfig_t& config, std::function<void()> body);
// The most shared memory that kernels of each name were launched with in this process, or since it was forgotten.
std::map<std::string, size_t> most_shared_bytes();
void forget_shared_bytes();

}  // namespace simt

template <typename Kernel>
cudaError_t cudaFuncSetAttribute(Kernel* /*kernel*/, cudaFuncAttribute /*attribute*/, int /*value*/) {
  return cudaSuccess;
}

template <typename... Parameters, typename... Arguments>
cudaError_t cudaLaunchKernelEx(
    const cudaLaunchConfig_t* config, void (*kernel)(Parameters...), Arguments... arguments) {
  return simt::launch(*config, [=] { kernel(static_cast<Parameters>(arguments)...); });
}
