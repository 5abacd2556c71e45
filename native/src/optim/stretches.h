// Many tensors as one list of stretches of at most 16384 elements: the unit of work of a thread, and of a partial sum.
// The list depends on the sizes alone, so that sums come out the same whatever the thread count.
#pragma once

#include "core/context.h"
#include "optim/optim.h"

namespace gramian {

constexpr int64_t kStretch = 16384;  // 64 KiB an array: a few arrays of it stay in the L2 cache between two passes

struct Stretch {
  int64_t tensor, from, count;
};

struct Stretches {
  const Stretch* list;
  int64_t count;
};

// Cuts the tensors; the list lives in the context's scratch.
inline Stretches cut_into_stretches(gramian_context* context, int64_t tensors, const int64_t* sizes) {
  int64_t total = 0;
  for (int64_t t = 0; t < tensors; ++t) total += (sizes[t] + kStretch - 1) / kStretch;
  Stretch* list = context->scratch<Stretch>(total);
  int64_t next = 0;
  for (int64_t t = 0; t < tensors; ++t) {
    for (int64_t from = 0; from < sizes[t]; from += kStretch) {
      list[next++] = {t, from, sizes[t] - from < kStretch ? sizes[t] - from : kStretch};
    }
  }
  return {list, total};
}

// Runs body(index, stretch) for each stretch, in parallel.
template <typename Body>
void for_each_stretch(const gramian_context* context, const Stretches& stretches, Body body) {
#pragma omp parallel for num_threads(context->threads) schedule(static)
  for (int64_t i = 0; i < stretches.count; ++i) body(i, stretches.list[i]);
}

// Sums per tensor of one partial sum per stretch, added in the order of the list.
inline SquaredNorms* merge(
    gramian_context* context, int64_t tensors, const Stretches& stretches, const SquaredNorms* partial) {
  SquaredNorms* sums = context->scratch<SquaredNorms>(tensors);
  for (int64_t t = 0; t < tensors; ++t) sums[t] = {0, 0};
  for (int64_t i = 0; i < stretches.count; ++i) {
    sums[stretches.list[i].tensor].parameter += partial[i].parameter;
    sums[stretches.list[i].tensor].update += partial[i].update;
  }
  return sums;
}

}  // namespace gramian
