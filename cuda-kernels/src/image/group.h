// What the kernels of augmentation are given: views with their numbers in the batch, and memory.
#pragma once

#include "image/steps.h"

namespace gramian {
namespace image {

// 96 bytes each: below the 32,764 that kernels take as parameters since CUDA 12.1.
constexpr int kMostViews = 320;
// Blocks of a multiprocessor: 80 registers a thread.
constexpr int kBlocksAtOnce = 3;

struct Group {
  View views[kMostViews];
  int64_t first;  // number of the first one in the batch
};

// Device memory of a batch, what each view needs of planes and sums, there or in shared memory, and what some of the
// views do.
struct Room {
  int32_t* starts;  // (n, height + width): first input of each row and column
  float* weights;
  int64_t floats;
  int32_t parts;
  float* planes;  // (n, floats); null: shared
  double* sums;   // (n, parts), shares of the grey of an image; null: shared
  bool source_mean, crop_mean, blur;

  __device__ __forceinline__ int32_t* starts_of(const Batch& batch, int64_t number) const {
    return starts + number * (batch.height + batch.width);
  }
};

// The views of a group, whose planes stand in device memory, by several blocks each.
template <int kChannels>
void make_large_views(
    cudaStream_t stream, const Group& group, unsigned count, const Batch& batch, const Room& room, float* out);

}  // namespace image
}  // namespace gramian
