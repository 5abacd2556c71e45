#include "core/context.h"

#include <utility>

gramian_context::~gramian_context() {
  if (capturing_) {
    cudaGraph_t graph = nullptr;
    if (cudaStreamEndCapture(stream, &graph) == cudaSuccess) cudaGraphDestroy(graph);
    for (const Block& block : end_capture()) memory_.release_ready(block.address, block.bytes);
  }
  cudaStreamSynchronize(stream);
  staging.release();
  for (const Block& block : blocks_) {
    if (block.address != nullptr) memory_.release(block.address, block.bytes, stream);
  }
  if (owns_stream) cudaStreamDestroy(stream);
}

int64_t gramian_context::scratch_bytes() const {
  int64_t total = 0;
  for (const Block& block : blocks_) total += static_cast<int64_t>(block.bytes);
  return total;
}

void gramian_context::make(Block* block, size_t bytes) {
  if (block->address != nullptr) {
    if (capturing_) {
      outgrown_.push_back(*block);
    } else {
      memory_.release(block->address, block->bytes, stream);
    }
  }
  *block = {nullptr, 0};
  block->address = capturing_ ? memory_.allocate_ready(bytes) : memory_.allocate(bytes, stream);
  block->bytes = bytes;
}

void* gramian_context::take(size_t bytes) {
  if (next_ == blocks_.size()) blocks_.push_back({nullptr, 0});
  Block& block = blocks_[next_++];
#ifdef GRAMIAN_SIMT
  const bool fits = false;  // fresh, exactly as long as asked and full of NaN each time, so that misuse shows
#else
  const bool fits = block.bytes >= bytes && block.address != nullptr;
#endif
  if (!fits) make(&block, bytes);
  return block.address;
}

void gramian_context::begin_capture() {
  kept_ = std::exchange(blocks_, {});
  capturing_ = true;
}

std::vector<gramian_context::Block> gramian_context::end_capture() {
  std::vector<Block> used = std::exchange(outgrown_, {});
  for (const Block& block : blocks_) {
    if (block.address != nullptr) used.push_back(block);
  }
  blocks_ = std::exchange(kept_, {});
  next_ = 0;
  capturing_ = false;
  return used;
}
