#include "core/staging.h"

#include <algorithm>
#include <cstring>

#include "core/launch.h"
#include "core/waits.h"

namespace gramian {
namespace {

// A PCIe 4 link brings 4 MiB in about 0.2 ms: long beside the cost of starting a copy, short beside a large upload.
constexpr size_t kMostBytes = 4 << 20;
constexpr size_t kLeastBytes = 64 << 10;
// Two large pieces, so that one is filled while the other is copied; and room for more small uploads than the few steps
// that are ever under way have.
constexpr size_t kMostHeld = 2 * kMostBytes;
constexpr size_t kMostWithSmall = kMostHeld + 64 * kLeastBytes;

}  // namespace

// A piece with room for so many bytes, but not that one: of those, the one that was used longest ago, whose copy ends
// first. While it is on its way, another one is made instead, unless there is much already.
Staging::Piece& Staging::next(size_t bytes, const Piece* busy) {
  const auto first = std::find_if(
      pieces_.begin(), pieces_.end(), [&](const Piece& piece) { return &piece != busy && piece.bytes >= bytes; });
  const size_t most = bytes <= kLeastBytes ? kMostWithSmall : kMostHeld;
  if (first == pieces_.end() || (held_ + bytes <= most && !has_come(first->copied, "an upload"))) return made(bytes);
  wait_for(first->copied, "an upload");
  pieces_.splice(pieces_.end(), pieces_, first);
  return pieces_.back();
}

Staging::Piece& Staging::made(size_t bytes) {
  Piece piece;
  piece.bytes = kLeastBytes;
  while (piece.bytes < bytes) piece.bytes *= 2;
  check(cudaEventCreateWithFlags(&piece.copied, cudaEventDisableTiming), "an event");
  void* memory = nullptr;
  const cudaError_t error = cudaMallocHost(&memory, piece.bytes);
  if (error != cudaSuccess) cudaEventDestroy(piece.copied);
  check(error, "pinned memory");
  piece.memory = static_cast<char*>(memory);
  held_ += piece.bytes;
  pieces_.push_back(piece);
  return pieces_.back();
}

void Staging::upload(const char* host, char* device, size_t bytes, cudaStream_t stream) {
  for (size_t at = 0; at < bytes; at += kMostBytes) {
    const size_t part = std::min(kMostBytes, bytes - at);
    Piece& piece = next(part, nullptr);
    std::memcpy(piece.memory, host + at, part);
    check(cudaMemcpyAsync(device + at, piece.memory, part, cudaMemcpyHostToDevice, stream), "an upload");
    check(cudaEventRecord(piece.copied, stream), "an upload");
  }
}

void Staging::download(const char* device, char* host, size_t bytes, cudaStream_t stream) {
  const Piece* before = nullptr;
  size_t before_at = 0;
  for (size_t at = 0; at < bytes; at += kMostBytes) {
    const size_t part = std::min(kMostBytes, bytes - at);
    const Piece& piece = next(part, before);
    check(cudaMemcpyAsync(piece.memory, device + at, part, cudaMemcpyDeviceToHost, stream), "a download");
    check(cudaEventRecord(piece.copied, stream), "a download");
    if (before != nullptr) {
      check(cudaEventSynchronize(before->copied), "a download");
      std::memcpy(host + before_at, before->memory, kMostBytes);
    }
    before = &piece;
    before_at = at;
  }
  if (before == nullptr) return;
  ++waits();
  check(cudaEventSynchronize(before->copied), "a download");
  std::memcpy(host + before_at, before->memory, bytes - before_at);
}

void Staging::release() {
  for (const Piece& piece : pieces_) {
    cudaFreeHost(piece.memory);
    cudaEventDestroy(piece.copied);
  }
  pieces_.clear();
  held_ = 0;
}

}  // namespace gramian
