// The only way a kernel is launched. cudaLaunchKernelEx instead of <<< >>>, so that g++ reads the same sources.
#pragma once

#include <cuda_runtime.h>

#include <cstdlib>
#include <string>

#include "core/status.h"

namespace gramian {

// Errors after which no call of this process on the device succeeds: its memory or program is damaged, or it is gone.
inline bool loses_the_device(cudaError_t error) {
  switch (error) {
#ifndef GRAMIAN_SIMT  // there, a kernel that fails hurts nobody
    case cudaErrorLaunchFailure:
    case cudaErrorIllegalAddress:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorIllegalInstruction:
    case cudaErrorHardwareStackError:
    case cudaErrorAssert:
    case cudaErrorLaunchTimeout:
    case cudaErrorContextIsDestroyed:
    case cudaErrorNvlinkUncorrectable:
    case cudaErrorDevicesUnavailable:
    case cudaErrorUnknown:
#endif
    case cudaErrorECCUncorrectable:
      return true;
    default:
      return false;
  }
}

// Turns a CUDA error into a failure that says what was tried.
inline void check(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  cudaGetLastError();
  const std::string text = cudaGetErrorString(error);
  if (error == cudaErrorMemoryAllocation) GRAMIAN_FAIL(GRAMIAN_OUT_OF_MEMORY, std::string(what) + ": " + text);
  if (error == cudaErrorStreamCaptureUnsupported || error == cudaErrorStreamCaptureInvalidated) {
    GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, std::string(what) + " cannot be part of a capture: " + text);
  }
  if (loses_the_device(error)) {
    GRAMIAN_FAIL(GRAMIAN_DEVICE_LOST,
        std::string(what) + ": the CUDA device is lost (" + text +
            "); nothing on it can go on in this process: start anew from the last checkpoint, with GRAMIAN_SYNC=1 to "
            "name the kernel");
  }
  GRAMIAN_FAIL(GRAMIAN_VENDOR_ERROR, std::string(what) + ": " + text);
}

struct Grid {
  const char* name;  // of the kernel, in messages
  dim3 blocks;
  dim3 threads;
  size_t shared_bytes = 0;
};

// Whether errors of a kernel are known when its launch returns: on the SIMT executor unless it is lazy, elsewhere with
// the environment variable GRAMIAN_SYNC=1, for debugging.
inline bool waits_after_each_launch() {
#ifdef GRAMIAN_SIMT
  return !simt::lazy();
#else
  static const char* const wanted = std::getenv("GRAMIAN_SYNC");
  static const bool wait = wanted != nullptr && std::string(wanted) == "1";
  return wait;
#endif
}

// Whether launches are recorded, so that nobody can wait for them.
inline bool captures(cudaStream_t stream) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  check(cudaStreamIsCapturing(stream, &status), "asking a stream");
  return status != cudaStreamCaptureStatusNone;
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
  if (waits_after_each_launch() && !captures(stream)) check(cudaStreamSynchronize(stream), grid.name);
}

}  // namespace gramian
