// Aligned host memory. 64 bytes: a cache line, and the widest vector. From a huge page on, aligned to one, and the
// kernel is asked for huge pages where they fit whole: operands of a product touch hundreds of small pages, more than a
// core keeps addresses of, and under a hypervisor each miss costs twice.
#pragma once

#include <sys/mman.h>

#include <cstdlib>

namespace gramian {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t{2} << 20;

// nullptr when there is none. Zero bytes give a valid address of their own.
inline void* aligned_allocate(size_t bytes) {
#ifdef GRAMIAN_SANITIZE
  // exact size, so that the sanitizer's red zone starts right behind the last element
  void* address = nullptr;
  return posix_memalign(&address, kAlignment, bytes == 0 ? 1 : bytes) == 0 ? address : nullptr;
#else
  void* address = nullptr;
  if (posix_memalign(&address, bytes < kHugePage ? kAlignment : kHugePage, bytes == 0 ? 1 : bytes) != 0) return nullptr;
  // advice: a kernel without huge pages refuses it, and nothing is lost
  if (bytes >= kHugePage) madvise(address, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  return address;
#endif
}

inline void aligned_free(void* address) { std::free(address); }

}  // namespace gramian
