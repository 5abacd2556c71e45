#include "core/staging.h"

#include <algorithm>
#include <cstring>

#include "core/launch.h"

namespace gramian {
namespace {

// A PCIe 4 link brings 4 MiB in about 0.2 ms: long beside the cost of starting a copy, short beside a large upload.
constexpr size_t kMostBytes = 4 << 20;
constexpr size_t kLeastBytes = 64 << 10;

}  // namespace

// The half that was used longest ago, empty, with room for so many bytes.
Staging::Half& Staging::next(size_t bytes) {
  Half& half = halves_[turn_];
  turn_ = 1 - turn_;
  if (half.copied == nullptr) {
    check(cudaEventCreateWithFlags(&half.copied, cudaEventDisableTiming), "an event");
  }
  check(cudaEventSynchronize(half.copied), "an upload");
  if (half.bytes < bytes) {
    size_t room = kLeastBytes;
    while (room < bytes) room *= 2;
    if (half.memory != nullptr) check(cudaFreeHost(half.memory), "pinned memory");
    half.memory = nullptr;
    half.bytes = 0;
    void* memory = nullptr;
    check(cudaMallocHost(&memory, room), "pinned memory");
    half.memory = static_cast<char*>(memory);
    half.bytes = room;
  }
  return half;
}

void Staging::upload(const char* host, char* device, size_t bytes, cudaStream_t stream) {
  for (size_t at = 0; at < bytes; at += kMostBytes) {
    const size_t part = std::min(kMostBytes, bytes - at);
    Half& half = next(part);
    std::memcpy(half.memory, host + at, part);
    check(cudaMemcpyAsync(device + at, half.memory, part, cudaMemcpyHostToDevice, stream), "an upload");
    check(cudaEventRecord(half.copied, stream), "an upload");
  }
}

void Staging::download(const char* device, char* host, size_t bytes, cudaStream_t stream) {
  Half* before = nullptr;
  size_t before_at = 0;
  for (size_t at = 0; at < bytes; at += kMostBytes) {
    const size_t part = std::min(kMostBytes, bytes - at);
    Half& half = next(part);
    check(cudaMemcpyAsync(half.memory, device + at, part, cudaMemcpyDeviceToHost, stream), "a download");
    check(cudaEventRecord(half.copied, stream), "a download");
    if (before != nullptr) {
      check(cudaEventSynchronize(before->copied), "a download");
      std::memcpy(host + before_at, before->memory, kMostBytes);
    }
    before = &half;
    before_at = at;
  }
  if (before == nullptr) return;
  check(cudaEventSynchronize(before->copied), "a download");
  std::memcpy(host + before_at, before->memory, bytes - before_at);
}

void Staging::release() {
  for (Half& half : halves_) {
    if (half.memory != nullptr) cudaFreeHost(half.memory);
    if (half.copied != nullptr) cudaEventDestroy(half.copied);
    half = {};
  }
}

}  // namespace gramian
