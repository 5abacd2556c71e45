// Shared memory that knows who touched it. Every element remembers its last writer and readers and when they came, so
// that a read of what nobody wrote, a read of what a cp.async has not brought yet, an access outside the array and two
// threads at one element without a barrier between them end the kernel, whatever the order of the threads was.
#pragma once

#include <cstring>
#include <memory>

#include "simt/thread.h"

namespace simt {

class SharedArray {
 public:
  // count elements of unit bytes, uninitialised; number is for messages.
  SharedArray(unsigned number, size_t unit, int64_t count);
  size_t unit() const { return unit_; }
  size_t bytes() const { return bytes_; }

  // Address of length bytes from offset for the given thread, after all checks.
  const unsigned char* read(Thread& thread, int64_t offset, size_t length);
  unsigned char* write(Thread& thread, int64_t offset, size_t length);
  // A cp.async of this thread: from issue to land nobody may touch the bytes.
  void issue(Thread& thread, int64_t offset, size_t length);
  void land(Thread& thread, int64_t offset, const unsigned char* bytes, size_t length);

 private:
  // Times are two counters: barriers of the block, and __syncwarps of the thread.
  struct Cell {
    unsigned write_epoch = 0, write_sync = 0, read_epoch = 0, read_sync = 0;
    unsigned short writer = 0;       // thread + 1; 0: never written
    unsigned short reader = 0;       // thread + 1; kSeveral
    unsigned short reader_warp = 0;  // kSeveral: of several warps
    unsigned short in_flight = 0;    // thread + 1 whose cp.async is on its way here
  };
  void check_range(const Thread& thread, int64_t offset, size_t length) const;
  void note_read(Thread& thread, size_t i);
  void note_write(Thread& thread, size_t i);
  // Of a byte.
  size_t element(size_t byte) const { return shift_ < 0 ? byte / unit_ : byte >> shift_; }
  [[noreturn]] void refuse(const Thread& thread, size_t i, const std::string& what) const;

  unsigned number_;
  size_t unit_;
  int shift_;  // unit_ = 2^shift_; -1: no power of two
  size_t bytes_;
  std::unique_ptr<unsigned char[]> memory_;
  unsigned char* data_;
  std::unique_ptr<Cell[]> cells_;
};

// What a kernel holds instead of T& to an element of shared memory.
template <typename T>
class SharedReference {
 public:
  SharedReference(SharedArray* array, int64_t offset) : array_(array), offset_(offset) {}
  operator T() const {
    T value;
    std::memcpy(&value, array_->read(self(), offset_, sizeof(T)), sizeof(T));
    return value;
  }
  const SharedReference& operator=(T value) const {
    std::memcpy(array_->write(self(), offset_, sizeof(T)), &value, sizeof(T));
    return *this;
  }
  const SharedReference& operator=(const SharedReference& other) const { return *this = static_cast<T>(other); }
  SharedReference(const SharedReference&) = default;
  const SharedReference& operator+=(T value) const { return *this = static_cast<T>(*this) + value; }

 private:
  SharedArray* array_;
  int64_t offset_;
};

// What a kernel holds instead of T* into shared memory.
template <typename T>
class SharedPointer {
 public:
  SharedPointer() = default;
  SharedPointer(SharedArray* array, int64_t offset) : array_(array), offset_(offset) {}
  SharedReference<T> operator[](int64_t i) const { return {array_, offset_ + i * static_cast<int64_t>(sizeof(T))}; }
  SharedReference<T> operator*() const { return (*this)[0]; }
  SharedPointer operator+(int64_t i) const { return {array_, offset_ + i * static_cast<int64_t>(sizeof(T))}; }
  template <typename U>
  SharedPointer<U> as() const {
    return {array_, offset_};
  }
  SharedArray* array() const { return array_; }
  int64_t offset() const { return offset_; }

 private:
  SharedArray* array_ = nullptr;
  int64_t offset_ = 0;  // bytes
};

// The i-th array of the current block, count elements of unit bytes.
SharedArray* shared_array(unsigned i, size_t unit, int64_t count);

template <typename T>
SharedPointer<T> shared_array(unsigned i, int64_t count) {
  return {shared_array(i, sizeof(T), count), 0};
}

// cp.async of 16 bytes: source is read now, target is written by the wait that covers the group. inside false: zeros.
void copy_async(SharedArray* target, int64_t offset, const void* source, bool inside);
void commit_copies();
// Until at most `pending` of the newest groups of this thread are on their way.
void wait_copies(unsigned pending);

}  // namespace simt
