#include "cuda_runtime.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <new>
#include <string>

namespace {

thread_local std::string failure;
thread_local cudaError_t last = cudaSuccess;
thread_local const char* next_name = "";

// As the smallest device that the library is built for, sm_80.
constexpr size_t kMostSharedBytes = 163 * 1024;
constexpr unsigned kMostThreads = 1024;
constexpr unsigned kMostBlocksYZ = 65535;
constexpr unsigned char kPoison = 0xff;

std::mutex most_bytes_mutex;
std::map<std::string, size_t> most_bytes;

cudaError_t failed(cudaError_t error, const std::string& sentence) {
  failure = sentence;
  last = error;
  return error;
}

}  // namespace

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    default:
      return failure.c_str();
  }
}

cudaError_t cudaGetLastError() { return std::exchange(last, cudaSuccess); }

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  // exact size, so that a red zone starts right behind the last byte
  if (posix_memalign(memory, 256, bytes == 0 ? 1 : bytes) != 0) {
    *memory = nullptr;
    return failed(cudaErrorMemoryAllocation, "out of memory");
  }
  std::memset(*memory, kPoison, bytes);
  return cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
  std::free(memory);
  return cudaSuccess;
}

cudaError_t cudaMallocAsync(void** memory, size_t bytes, cudaStream_t /*stream*/) { return cudaMalloc(memory, bytes); }

cudaError_t cudaFreeAsync(void* memory, cudaStream_t /*stream*/) { return cudaFree(memory); }

cudaError_t cudaMemcpyAsync(
    void* target, const void* source, size_t bytes, cudaMemcpyKind /*kind*/, cudaStream_t /*stream*/) {
  if (bytes > 0) std::memcpy(target, source, bytes);
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t /*stream*/) { return cudaSuccess; }

cudaError_t cudaStreamDestroy(cudaStream_t /*stream*/) { return cudaSuccess; }

namespace simt {

void name_next_launch(const char* name) { next_name = name; }

std::map<std::string, size_t> most_shared_bytes() {
  const std::lock_guard<std::mutex> lock(most_bytes_mutex);
  return most_bytes;
}

void forget_shared_bytes() {
  const std::lock_guard<std::mutex> lock(most_bytes_mutex);
  most_bytes.clear();
}

cudaError_t launch(const cudaLaunchConfig_t& config, std::function<void()> body) {
  Launch launch;
  launch.name = next_name;
  launch.grid = {config.gridDim.x, config.gridDim.y, config.gridDim.z};
  launch.block = {config.blockDim.x, config.blockDim.y, config.blockDim.z};
  launch.shared_bytes = config.dynamicSmemBytes;
  launch.seed = reinterpret_cast<uintptr_t>(config.stream);
  launch.body = std::move(body);
  const std::string name = std::string("kernel ") + next_name;
  const uint64_t threads = static_cast<uint64_t>(launch.block.x) * launch.block.y * launch.block.z;
  const uint64_t blocks = static_cast<uint64_t>(launch.grid.x) * launch.grid.y * launch.grid.z;
  if (threads == 0 || blocks == 0 || threads > kMostThreads || launch.grid.y > kMostBlocksYZ ||
      launch.grid.z > kMostBlocksYZ) {
    return failed(cudaErrorInvalidConfiguration,
        name + ": launched with " + std::to_string(blocks) + " blocks of " + std::to_string(threads) + " threads");
  }
  if (launch.shared_bytes > kMostSharedBytes) {
    return failed(cudaErrorInvalidValue, name + ": " + std::to_string(launch.shared_bytes) +
                                             " bytes of shared memory, there are " + std::to_string(kMostSharedBytes));
  }
  {
    const std::lock_guard<std::mutex> lock(most_bytes_mutex);
    size_t& most = most_bytes[launch.name];
    most = std::max(most, launch.shared_bytes);
  }
  try {
    run(launch);
    return cudaSuccess;
  } catch (const Failure& wrong) {
    return failed(cudaErrorLaunchFailure, wrong.what());
  } catch (const std::bad_alloc&) {
    return failed(cudaErrorMemoryAllocation, name + ": out of memory for the threads");
  }
}

}  // namespace simt
