#include "core/context.h"

gramian_context::~gramian_context() {
  for (Block& block : blocks_) {
    if (block.address != nullptr) cudaFreeAsync(block.address, stream);
  }
  if (owns_stream) cudaStreamDestroy(stream);
}

int64_t gramian_context::scratch_bytes() const {
  int64_t total = 0;
  for (const Block& block : blocks_) total += static_cast<int64_t>(block.bytes);
  return total;
}

void* gramian_context::take(size_t bytes) {
  if (next_ == blocks_.size()) blocks_.push_back({nullptr, 0});
  Block& block = blocks_[next_++];
#ifdef GRAMIAN_SIMT
  const bool fits = false;  // fresh, exactly as long as asked and full of NaN each time, so that misuse shows
#else
  const bool fits = block.bytes >= bytes && block.address != nullptr;
#endif
  if (!fits) {
    if (block.address != nullptr) gramian::check(cudaFreeAsync(block.address, stream), "freeing scratch memory");
    block = {nullptr, 0};
    gramian::check(cudaMallocAsync(&block.address, bytes == 0 ? 1 : bytes, stream), "scratch memory");
    block.bytes = bytes;
  }
  return block.address;
}
