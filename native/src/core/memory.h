// Aligned host memory. 64 bytes: a cache line, and the widest vector.
#pragma once

#include <cstdlib>

namespace gramian {

constexpr size_t kAlignment = 64;

// nullptr when there is none. Zero bytes give a valid address of their own.
inline void* aligned_allocate(size_t bytes) {
#ifdef GRAMIAN_SANITIZE
  // exact size, so that the sanitizer's red zone starts right behind the last element
  void* address = nullptr;
  return posix_memalign(&address, kAlignment, bytes == 0 ? 1 : bytes) == 0 ? address : nullptr;
#else
  size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  return std::aligned_alloc(kAlignment, rounded == 0 ? kAlignment : rounded);
#endif
}

inline void aligned_free(void* address) { std::free(address); }

}  // namespace gramian
