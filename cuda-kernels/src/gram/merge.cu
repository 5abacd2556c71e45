#include "gram/merge.h"

#include "tile/reduce.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;

// A block per row.
__global__ void __launch_bounds__(kThreads) merge_rows(Merge of) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads / 32);
  const int64_t i = blockIdx.x;
  double sum = 0;
  for (int64_t j = threadIdx.x; j < of.ld; j += kThreads) {
    const bool inside = j < of.a.columns;
    const float a = inside ? of.a.at(i, j) : 0.0f;
    const float b = !inside ? 0.0f : of.b.partial == of.a.partial ? a : of.b.at(i, j);
    if (i != j || of.diagonal) sum += static_cast<double>(a) * b;
    if (i == j && of.first_diagonal != nullptr) of.first_diagonal[i] = a;
    if (i == j && of.second_diagonal != nullptr) of.second_diagonal[i] = b;
    of.first[i * of.ld + j] = i == j ? 0.0f : of.factor * a;
    if (of.second != nullptr) of.second[i * of.ld + j] = i == j ? 0.0f : of.factor * b;
  }
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x == 0) of.sums[i] = sum;
}

}  // namespace

void merge(gramian_context* context, const Merge& of) {
  launch(context->stream,
      {"merge_rows", static_cast<unsigned>(of.a.rows), kThreads, tile::shared_bytes<double>(kThreads / 32)}, merge_rows,
      of);
}

}  // namespace gramian
