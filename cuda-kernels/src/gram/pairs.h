// Which pairs of rows (i of X, j of Y) a loss on a Gram matrix counts: all, or those of different images, where the
// image of row i is i modulo the number of images. One rule serves every contrastive loss: a row, its positives, and
// the rows that they are to be told from.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace gramian {

class Pairs {
 public:
  static Pairs all() { return {}; }

  // images below 2^31. k / images is (k m) >> s with m = ceil(2^s / images), s = 31 + ceil(log2 images): exact for k
  // below 2^31, and four instructions instead of the twenty of a division.
  static Pairs of_different_images(int64_t images) {
    Pairs pairs;
    pairs.images_ = static_cast<uint32_t>(images);
    uint32_t log = 0;
    while ((int64_t{1} << log) < images) ++log;
    pairs.shift_ = 31 + log;
    if (images > 0) {
      const uint64_t count = static_cast<uint64_t>(images);
      pairs.multiplier_ = static_cast<uint32_t>(((uint64_t{1} << pairs.shift_) + count - 1) / count);
    }
    return pairs;
  }

  // A pair counts if the image of its row is not that of its column.
  __device__ __forceinline__ int image_of_row(int i) const { return images_ == 0 ? -1 : image(i); }
  __device__ __forceinline__ int image_of_column(int j) const { return image(j); }

 private:
  __device__ __forceinline__ int image(int k) const {
    const uint32_t n = static_cast<uint32_t>(k);
    return static_cast<int>(n - static_cast<uint32_t>(static_cast<uint64_t>(n) * multiplier_ >> shift_) * images_);
  }

  uint32_t images_ = 0;
  uint32_t multiplier_ = 0;
  uint32_t shift_ = 31;
};

}  // namespace gramian
