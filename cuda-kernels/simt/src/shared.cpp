#include "simt/shared.h"

#include <algorithm>

#include "simt/block.h"

namespace simt {
namespace {

constexpr unsigned short kSeveral = 0xffff;
// A quiet NaN as float and as double; as an index far outside of everything.
constexpr unsigned char kPoison = 0xff;

// Whether an access of another thread is separated from one of this thread, now, by a barrier or a __syncwarp.
bool ordered(const Thread& thread, unsigned epoch, unsigned sync, bool same_warp) {
  return epoch != thread.block->epoch() || (same_warp && sync < thread.warp_syncs);
}

bool power_of_two(size_t x) { return (x & (x - 1)) == 0; }

// offset mod length; a division costs more than all other checks of an access, and few lengths need one
size_t remainder(size_t offset, size_t length) {
  return power_of_two(length) ? offset & (length - 1) : offset % length;
}

std::string thread_name(unsigned short number) {
  return number == kSeveral ? "several threads" : "thread number " + std::to_string(number - 1);
}

}  // namespace

SharedArray::SharedArray(unsigned number, size_t unit, int64_t count)
    : number_(number), unit_(unit), shift_(power_of_two(unit) ? __builtin_ctzll(unit) : -1),
      bytes_(unit * static_cast<size_t>(count)), memory_(new unsigned char[bytes_ + 128]),
      cells_(new Cell[static_cast<size_t>(count)]) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(memory_.get());
  data_ = memory_.get() + (128 - address % 128) % 128;
  std::fill_n(data_, bytes_, kPoison);
}

void SharedArray::refuse(const Thread& thread, size_t i, const std::string& what) const {
  fail(thread, what + ", element " + std::to_string(i) + " of shared array " + std::to_string(number_));
}

void SharedArray::check_range(const Thread& thread, int64_t offset, size_t length) const {
  const int64_t end = offset + static_cast<int64_t>(length);
  if (offset < 0 || end > static_cast<int64_t>(bytes_)) {
    fail(thread, "accesses element " + std::to_string(offset / static_cast<int64_t>(unit_)) + " of shared array " +
                     std::to_string(number_) + ", which has " + std::to_string(bytes_ / unit_));
  }
  if (remainder(static_cast<size_t>(offset), length) != 0) {
    fail(thread, "accesses " + std::to_string(length) + " bytes of shared array " + std::to_string(number_) +
                     " at byte " + std::to_string(offset) + ", which is not a multiple of it");
  }
}

void SharedArray::note_read(Thread& thread, size_t i) {
  Cell& cell = cells_[i];
  const unsigned short me = static_cast<unsigned short>(thread.number + 1);
  if (cell.in_flight != 0) {
    refuse(thread, i, "reads what a cp.async of " + thread_name(cell.in_flight) + " has not brought yet (no wait)");
  }
  if (cell.writer == 0) refuse(thread, i, "reads uninitialised shared memory");
  if (cell.writer != me &&
      !ordered(thread, cell.write_epoch, cell.write_sync, (cell.writer - 1u) / 32 == thread.warp())) {
    refuse(thread, i, "race: reads what " + thread_name(cell.writer) + " wrote without a barrier between");
  }
  const bool fresh = cell.read_epoch == thread.block->epoch() && cell.reader != 0;
  const unsigned short warp = static_cast<unsigned short>(thread.warp());
  cell.reader = fresh && cell.reader != me ? kSeveral : me;
  cell.reader_warp = fresh && cell.reader_warp != warp ? kSeveral : warp;
  cell.read_epoch = thread.block->epoch();
  cell.read_sync = thread.warp_syncs;
}

void SharedArray::note_write(Thread& thread, size_t i) {
  Cell& cell = cells_[i];
  const unsigned short me = static_cast<unsigned short>(thread.number + 1);
  if (cell.in_flight != 0 && cell.in_flight != me) {
    refuse(thread, i, "race: writes where a cp.async of " + thread_name(cell.in_flight) + " is on its way to");
  }
  if (cell.writer != 0 && cell.writer != me &&
      !ordered(thread, cell.write_epoch, cell.write_sync, (cell.writer - 1u) / 32 == thread.warp())) {
    refuse(thread, i, "race: writes what " + thread_name(cell.writer) + " wrote without a barrier between");
  }
  if (cell.reader != 0 && cell.reader != me &&
      !ordered(thread, cell.read_epoch, cell.read_sync, cell.reader_warp == thread.warp())) {
    refuse(thread, i, "race: writes what " + thread_name(cell.reader) + " read without a barrier between");
  }
  cell.writer = me;
  cell.write_epoch = thread.block->epoch();
  cell.write_sync = thread.warp_syncs;
}

const unsigned char* SharedArray::read(Thread& thread, int64_t offset, size_t length) {
  check_range(thread, offset, length);
  const size_t end = element(static_cast<size_t>(offset) + length + unit_ - 1);
  for (size_t i = element(static_cast<size_t>(offset)); i < end; ++i) note_read(thread, i);
  return data_ + offset;
}

unsigned char* SharedArray::write(Thread& thread, int64_t offset, size_t length) {
  check_range(thread, offset, length);
  const size_t end = element(static_cast<size_t>(offset) + length + unit_ - 1);
  for (size_t i = element(static_cast<size_t>(offset)); i < end; ++i) note_write(thread, i);
  return data_ + offset;
}

void SharedArray::issue(Thread& thread, int64_t offset, size_t length) {
  write(thread, offset, length);
  const size_t end = element(static_cast<size_t>(offset) + length);
  for (size_t i = element(static_cast<size_t>(offset)); i < end; ++i) {
    cells_[i].in_flight = static_cast<unsigned short>(thread.number + 1);
  }
}

void SharedArray::land(Thread& thread, int64_t offset, const unsigned char* bytes, size_t length) {
  const size_t end = element(static_cast<size_t>(offset) + length);
  for (size_t i = element(static_cast<size_t>(offset)); i < end; ++i) {
    cells_[i].in_flight = 0;
  }
  std::memcpy(write(thread, offset, length), bytes, length);
}

void copy_async(SharedArray* target, int64_t offset, const void* source, bool inside) {
  Thread& thread = self();
  if (inside && reinterpret_cast<uintptr_t>(source) % 16 != 0) {
    fail(thread, "starts a cp.async of 16 bytes from an address that is not a multiple of 16");
  }
  target->issue(thread, offset, 16);
  AsyncCopy copy = {target, offset, thread.open_group, {}};
  if (inside) std::memcpy(copy.bytes, source, sizeof copy.bytes);
  thread.copies.push_back(copy);
}

void commit_copies() { ++self().open_group; }

void wait_copies(unsigned pending) {
  Thread& thread = self();
  // groups 0 .. open_group - 1 are committed; the newest `pending` of them may stay
  const auto covered = [&](const AsyncCopy& copy) { return copy.group + pending < thread.open_group; };
  for (const AsyncCopy& copy : thread.copies) {
    if (covered(copy)) copy.target->land(thread, copy.offset, copy.bytes, sizeof copy.bytes);
  }
  thread.copies.erase(std::remove_if(thread.copies.begin(), thread.copies.end(), covered), thread.copies.end());
}

SharedArray* shared_array(unsigned i, size_t unit, int64_t count) {
  return &self().block->shared_array(i, unit, count);
}

}  // namespace simt
