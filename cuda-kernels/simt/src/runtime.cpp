#include <algorithm>
#include <mutex>
#include <new>
#include <string>

#include "simt/streams.h"

namespace {

thread_local std::string failure;
thread_local cudaError_t last = cudaSuccess;
thread_local const char* next_name = "";

// As the smallest device that the library is built for, sm_80.
constexpr size_t kMostSharedBytes = 163 * 1024;
constexpr unsigned kMostThreads = 1024;
constexpr unsigned kMostBlocksYZ = 65535;

std::mutex most_bytes_mutex;
std::map<std::string, size_t> most_bytes;

}  // namespace

cudaError_t simt::failed(cudaError_t error, const std::string& sentence) {
  failure = sentence;
  last = error;
  return error;
}

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorECCUncorrectable:
      return "uncorrectable ECC error encountered";
    default:
      return failure.c_str();
  }
}

cudaError_t cudaGetLastError() { return std::exchange(last, cudaSuccess); }

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
  launch.seed = seed_of(config.stream);
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
  return submit(config.stream, [launch = std::move(launch), name] {
    try {
      run(launch);
      return cudaSuccess;
    } catch (const Failure& wrong) {
      return failed(cudaErrorLaunchFailure, wrong.what());
    } catch (const std::bad_alloc&) {
      return failed(cudaErrorMemoryAllocation, name + ": out of memory for the threads");
    }
  });
}

}  // namespace simt
