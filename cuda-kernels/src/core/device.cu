// The device probe: what is there, what it can do, and in words why it cannot be used. Every answer works without a
// driver: the runtime is linked statically and loads the driver itself.
#include "gramian/device.h"

#include <cuda_runtime.h>

#include <string>
#include <vector>

namespace {

thread_local std::string reason;
thread_local std::string name;

// 64 blocks of 128 threads: more blocks than a small device runs at once, so that several waves are seen.
constexpr int kBlocks = 64;
constexpr int kThreads = 128;
// Knuth's: every word gets a value of its own, none of them 0 but the first
constexpr uint32_t kMultiplier = 2654435761u;

// words (kBlocks * kThreads): each thread writes one word that depends on its place.
__global__ void write_pattern(uint32_t* words) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  words[i] = i * kMultiplier;
}

std::string version(int number) {
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

// The error in words; keeps nothing sticky behind.
std::string in_words(cudaError_t error) {
  cudaGetLastError();
  int driver = 0;
  int runtime = 0;
  cudaRuntimeGetVersion(&runtime);
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0) return "no NVIDIA driver is installed here";
  if (error == cudaErrorInsufficientDriver) {
    return "the NVIDIA driver supports CUDA " + version(driver) + ", this library needs " + version(runtime);
  }
  if (error == cudaErrorNoDevice) {
    return "the NVIDIA driver sees no device; CUDA_VISIBLE_DEVICES may hide it";
  }
  if (error == cudaErrorNoKernelImageForDevice) {
    return "its compute capability is below 8.0, for which this library has no code";
  }
  return std::string(cudaGetErrorString(error)) + " (CUDA error " + std::to_string(static_cast<int>(error)) + ")";
}

bool succeeded(cudaError_t error) {
  reason = error == cudaSuccess ? std::string() : in_words(error);
  return error == cudaSuccess;
}

// Makes the device current for one call and goes back to the caller's.
class Current {
 public:
  explicit Current(int device) {
    if (cudaGetDevice(&before_) != cudaSuccess) before_ = 0;
    ok_ = succeeded(cudaSetDevice(device));
  }
  ~Current() { cudaSetDevice(before_); }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;
  bool ok() const { return ok_; }

 private:
  int before_ = 0;
  bool ok_ = false;
};

bool run_pattern(uint32_t* words, std::vector<uint32_t>* result) {
  cudaLaunchConfig_t config = {};
  config.gridDim = kBlocks;
  config.blockDim = kThreads;
  return succeeded(cudaMemset(words, 0xff, result->size() * sizeof(uint32_t))) &&
         succeeded(cudaLaunchKernelEx(&config, write_pattern, words)) &&
         succeeded(cudaMemcpy(result->data(), words, result->size() * sizeof(uint32_t), cudaMemcpyDeviceToHost));
}

}  // namespace

int32_t gramian_cuda_device_count(void) {
  int count = 0;
  return succeeded(cudaGetDeviceCount(&count)) ? count : 0;
}

const char* gramian_cuda_reason(void) { return reason.c_str(); }

int32_t gramian_cuda_driver_version(void) {
  int number = 0;
  return cudaDriverGetVersion(&number) == cudaSuccess ? number : 0;
}

int32_t gramian_cuda_runtime_version(void) {
  int number = 0;
  return cudaRuntimeGetVersion(&number) == cudaSuccess ? number : 0;
}

const char* gramian_cuda_device_name(int32_t device) {
  cudaDeviceProp properties = {};
  name = succeeded(cudaGetDeviceProperties(&properties, device)) ? properties.name : "";
  return name.c_str();
}

int32_t gramian_cuda_device_capability(int32_t device) {
  int major = 0;
  int minor = 0;
  const bool known = succeeded(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device)) &&
                     succeeded(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device));
  return known ? 10 * major + minor : 0;
}

int64_t gramian_cuda_device_memory(int32_t device) {
  cudaDeviceProp properties = {};
  return succeeded(cudaGetDeviceProperties(&properties, device)) ? static_cast<int64_t>(properties.totalGlobalMem) : 0;
}

int64_t gramian_cuda_device_free_memory(int32_t device) {
  Current current(device);
  size_t free = 0;
  size_t total = 0;
  return current.ok() && succeeded(cudaMemGetInfo(&free, &total)) ? static_cast<int64_t>(free) : 0;
}

gramian_status gramian_cuda_device_check(int32_t device) {
  try {
    Current current(device);
    std::vector<uint32_t> result(static_cast<size_t>(kBlocks) * kThreads);
    uint32_t* words = nullptr;
    if (!current.ok() || !succeeded(cudaMalloc(&words, result.size() * sizeof(uint32_t)))) return GRAMIAN_VENDOR_ERROR;
    const bool ran = run_pattern(words, &result);
    cudaFree(words);
    if (!ran) return GRAMIAN_VENDOR_ERROR;
    for (size_t i = 0; i < result.size(); ++i) {
      if (result[i] != static_cast<uint32_t>(i) * kMultiplier) {
        reason = "a test kernel wrote a wrong word at " + std::to_string(i);
        return GRAMIAN_INTERNAL_ERROR;
      }
    }
    return GRAMIAN_OK;
  } catch (...) {
    return GRAMIAN_OUT_OF_MEMORY;
  }
}
