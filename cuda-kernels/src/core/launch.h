// The only way a kernel is launched. cudaLaunchKernelEx instead of <<< >>>, so that g++ reads the same sources.
#pragma once

#include <cuda_runtime.h>

#include <cstdlib>
#include <string>

#include "core/status.h"

namespace gramian {

// Turns a CUDA error into a failure that says what was tried.
inline void check(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  cudaGetLastError();
  const std::string text = cudaGetErrorString(error);
  const gramian_status status = error == cudaErrorMemoryAllocation ? GRAMIAN_OUT_OF_MEMORY : GRAMIAN_VENDOR_ERROR;
  GRAMIAN_FAIL(status, std::string(what) + ": " + text);
}

struct Grid {
  const char* name;  // of the kernel, in messages
  dim3 blocks;
  dim3 threads;
  size_t shared_bytes = 0;
};

// Whether errors of a kernel are known when its launch returns: always on the SIMT executor, elsewhere with the
// environment variable GRAMIAN_SYNC=1, for debugging.
inline bool waits_after_each_launch() {
#ifdef GRAMIAN_SIMT
  return true;
#else
  static const char* const wanted = std::getenv("GRAMIAN_SYNC");
  static const bool wait = wanted != nullptr && std::string(wanted) == "1";
  return wait;
#endif
}

// 48 KiB of shared memory need no permission.
constexpr size_t kSharedWithoutAsking = 48 * 1024;

// Puts the kernel into the stream; an empty grid is no launch. Arguments become the kernel's parameter types.
template <typename... Parameters, typename... Arguments>
void launch(cudaStream_t stream, const Grid& grid, void (*kernel)(Parameters...), Arguments... arguments) {
  if (grid.blocks.x == 0 || grid.blocks.y == 0 || grid.blocks.z == 0) return;
  if (grid.shared_bytes > kSharedWithoutAsking) {
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
              static_cast<int>(grid.shared_bytes)),
        grid.name);
  }
  cudaLaunchConfig_t config = {};
  config.gridDim = grid.blocks;
  config.blockDim = grid.threads;
  config.dynamicSmemBytes = grid.shared_bytes;
  config.stream = stream;
#ifdef GRAMIAN_SIMT
  simt::name_next_launch(grid.name);
#endif
  check(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...), grid.name);
  if (waits_after_each_launch()) check(cudaStreamSynchronize(stream), grid.name);
}

}  // namespace gramian
