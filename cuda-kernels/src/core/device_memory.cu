#include "core/device_memory.h"

#include <array>
#include <memory>
#include <string>

#include "core/device_stream.h"
#include "core/waits.h"

namespace gramian {
namespace {

// More than any machine has.
constexpr int kMostDevices = 64;

size_t at_least_one(size_t bytes) { return bytes == 0 ? 1 : bytes; }

}  // namespace

DeviceMemory& DeviceMemory::of(int device) {
  // one for the process, as the pool is: contexts that share a device share its memory
  static std::mutex mutex;
  static std::array<std::unique_ptr<DeviceMemory>, kMostDevices> memories;
  if (device < 0 || device >= kMostDevices) {
    GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "there is no device " + std::to_string(device));
  }
  const std::lock_guard<std::mutex> lock(mutex);
  std::unique_ptr<DeviceMemory>& memory = memories[static_cast<size_t>(device)];
  if (!memory) memory = std::make_unique<DeviceMemory>(device);
  return *memory;
}

DeviceMemory::DeviceMemory(int device) : device_(device) {
  make_current(device);
  int supported = 0;
  check(cudaDeviceGetAttribute(&supported, cudaDevAttrMemoryPoolsSupported, device), "asking for memory pools");
  if (supported == 0) {
    GRAMIAN_FAIL(GRAMIAN_VENDOR_ERROR, "device " + std::to_string(device) +
                                           " has no memory pools (a virtual GPU without unified memory?), which this "
                                           "library needs");
  }
  cudaMemPoolProps properties = {};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.handleTypes = cudaMemHandleTypeNone;
  properties.location.type = cudaMemLocationTypeDevice;
  properties.location.id = device;
  check(cudaMemPoolCreate(&pool_, &properties), "a memory pool");
  uint64_t keep_all = UINT64_MAX;  // waiting for the host must not give memory back: the next step needs it again
  check(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &keep_all), "a memory pool");
  check(cudaStreamCreateWithFlags(&service_, cudaStreamNonBlocking), "a stream");
}

cudaError_t DeviceMemory::take(size_t bytes, cudaStream_t stream, void** address) {
  const int64_t most = limit_;
  const int64_t held = held_ += static_cast<int64_t>(bytes);
  cudaError_t error = cudaErrorMemoryAllocation;
  if (most == 0 || held <= most) error = cudaMallocFromPoolAsync(address, bytes, pool_, stream);
  if (error != cudaSuccess) {
    held_ -= static_cast<int64_t>(bytes);
    *address = nullptr;
  }
  if (error == cudaErrorMemoryAllocation) cudaGetLastError();
  return error;
}

void* DeviceMemory::allocate(size_t bytes, cudaStream_t stream) {
  const size_t size = at_least_one(bytes);
  void* address = nullptr;
  cudaError_t error = take(size, stream, &address);
  if (error == cudaErrorMemoryAllocation) {
    trim(stream);
    error = take(size, stream, &address);
  }
  if (error == cudaErrorMemoryAllocation) {
    int64_t numbers[5];
    statistics(numbers);
    const std::string limit = numbers[2] == 0 ? "" : " of the " + std::to_string(numbers[2]) + " that are allowed";
    GRAMIAN_FAIL(GRAMIAN_OUT_OF_MEMORY, "asked for " + std::to_string(bytes) + " bytes, holds " +
                                            std::to_string(numbers[0]) + limit + "; the device has " +
                                            std::to_string(numbers[3]) + " of " + std::to_string(numbers[4]) + " free");
  }
  check(error, "device memory");
  return address;
}

void* DeviceMemory::allocate_ready(size_t bytes) {
  const std::lock_guard<std::mutex> lock(service_mutex_);
  void* address = allocate(bytes, service_);
  check(cudaStreamSynchronize(service_), "device memory");
  return address;
}

void DeviceMemory::release(void* address, size_t bytes, cudaStream_t stream) {
  check(cudaFreeAsync(address, stream), "freeing memory");
  held_ -= static_cast<int64_t>(at_least_one(bytes));
}

void DeviceMemory::release_ready(void* address, size_t bytes) {
  const std::lock_guard<std::mutex> lock(service_mutex_);
  release(address, bytes, service_);
}

void DeviceMemory::trim(cudaStream_t stream) {
  wait_for(stream, "waiting for memory");
  check(cudaMemPoolTrimTo(pool_, 0), "trimming the memory pool");
}

void DeviceMemory::statistics(int64_t* numbers) {
  make_current(device_);
  uint64_t reserved = 0;
  size_t free = 0;
  size_t total = 0;
  check(cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrReservedMemCurrent, &reserved), "asking the memory pool");
  check(cudaMemGetInfo(&free, &total), "asking for free memory");
  numbers[0] = held_;
  numbers[1] = static_cast<int64_t>(reserved);
  numbers[2] = limit_;
  numbers[3] = static_cast<int64_t>(free);
  numbers[4] = static_cast<int64_t>(total);
}

}  // namespace gramian
