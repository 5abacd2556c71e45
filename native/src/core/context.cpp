#include "core/context.h"

#include <new>

#include "core/memory.h"

gramian_context::~gramian_context() {
  for (Block& block : blocks_) gramian::aligned_free(block.address);
}

int64_t gramian_context::scratch_bytes() const {
  int64_t total = 0;
  for (const Block& block : blocks_) total += static_cast<int64_t>(block.bytes);
  return total;
}

void* gramian_context::take(size_t bytes) {
  if (next_ == blocks_.size()) blocks_.push_back({nullptr, 0});
  Block& block = blocks_[next_++];
  if (block.bytes < bytes) {
    gramian::aligned_free(block.address);
    block = {nullptr, 0};
    block.address = gramian::aligned_allocate(bytes);
    if (block.address == nullptr) throw std::bad_alloc();
    block.bytes = bytes;
  }
  return block.address;
}
