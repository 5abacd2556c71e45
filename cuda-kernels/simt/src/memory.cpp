// Memory of the two devices, and of the host.
#include <atomic>
#include <map>
#include <mutex>

#include "simt/streams.h"

struct simt_pool {
  int device;
};

namespace {

constexpr unsigned char kPoison = 0xff;
// What a device says that it has: more than any test takes.
constexpr size_t kDeviceBytes = size_t{64} << 30;

struct Block {
  simt_pool* pool;
  size_t bytes;
};

std::mutex mutex;
std::map<void*, Block> blocks;

size_t bytes_of(int device, const simt_pool* pool) {
  const std::lock_guard<std::mutex> lock(mutex);
  size_t sum = 0;
  for (const auto& [address, block] : blocks) {
    if (block.pool->device == device && (pool == nullptr || block.pool == pool)) sum += block.bytes;
  }
  return sum;
}

cudaError_t give_back(void* memory) {
  {
    const std::lock_guard<std::mutex> lock(mutex);
    if (blocks.erase(memory) == 0) {
      return simt::failed(cudaErrorInvalidValue, "memory is freed that is not of a pool, or was freed before");
    }
  }
  std::free(memory);
  return cudaSuccess;
}

}  // namespace

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  // exact size, so that a red zone starts right behind the last byte
  if (posix_memalign(memory, 256, bytes == 0 ? 1 : bytes) != 0) {
    *memory = nullptr;
    return simt::failed(cudaErrorMemoryAllocation, "out of memory");
  }
  std::memset(*memory, kPoison, bytes);
  return cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
  std::free(memory);
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** memory, size_t bytes) { return cudaMalloc(memory, bytes); }

cudaError_t cudaFreeHost(void* memory) { return cudaFree(memory); }

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *total = kDeviceBytes;
  *free = kDeviceBytes - bytes_of(simt::current_device(), nullptr);
  return cudaSuccess;
}

cudaError_t cudaMemPoolCreate(cudaMemPool_t* pool, const cudaMemPoolProps* properties) {
  *pool = new simt_pool{properties->location.id};
  return cudaSuccess;
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t /*pool*/, cudaMemPoolAttr attribute, void* /*value*/) {
  return attribute == cudaMemPoolAttrReleaseThreshold ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value) {
  if (attribute != cudaMemPoolAttrReservedMemCurrent) return cudaErrorInvalidValue;
  *static_cast<uint64_t*>(value) = bytes_of(pool->device, pool);
  return cudaSuccess;
}

cudaError_t cudaMemPoolTrimTo(cudaMemPool_t /*pool*/, size_t /*bytes*/) { return cudaSuccess; }

cudaError_t cudaMallocFromPoolAsync(void** memory, size_t bytes, cudaMemPool_t pool, cudaStream_t stream) {
  const cudaError_t refused = simt::refuse(stream, "an allocation");
  if (refused != cudaSuccess) return refused;
  const cudaError_t error = cudaMalloc(memory, bytes);
  if (error != cudaSuccess) return error;
  const std::lock_guard<std::mutex> lock(mutex);
  blocks[*memory] = {pool, bytes};
  return cudaSuccess;
}

cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
  const cudaError_t refused = simt::refuse(stream, "freeing memory");
  if (refused != cudaSuccess) return refused;
  return simt::submit(stream, [memory] { return give_back(memory); });
}

cudaError_t cudaMemcpyAsync(
    void* target, const void* source, size_t bytes, cudaMemcpyKind /*kind*/, cudaStream_t stream) {
  return simt::submit(stream, [=] {
    if (bytes > 0) std::memcpy(target, source, bytes);
    return cudaSuccess;
  });
}
