// The Gram loop of a matrix with itself: g_ij = <u_i, u_j>, one triangle of tiles, nothing of size count^2 in memory.
//
// A loss is an epilogue, which the loop calls with tiles of G (I,J), I <= J, row-major, stride floats apart:
//
//   float masked() const;   what stands in for entries that are no part of the loss: -inf under an exponential, 0 under
//        a sum
//   void fold(thread, i, j, tile, stride);    adds the tile to statistics of the items of I and (when J is another
//        block,
//                                             by symmetry) of J
//   void weigh(thread, i, j, tile, stride);   overwrites the tile with W_ij = W_ji = dL/dg_ij + dL/dg_ji, which must be
//        0 (or
//                                             NaN) where masked
//
// forward:   tile = U_I U_J^T, mask, fold.                                          count^2 d FLOP (the triangle)
// backward:  tile again, mask, weigh, dU_I += W U_J, dU_J += W^T U_I.             3 count^2 d FLOP
// Memory: u packed once or, with a gradient, twice (panels.h), dU, one tile per thread; the caller keeps O(count)
// statistics. Masks come before statistics: an entry outside the
// matrix or of an excluded pair never reaches a sum or a maximum. Results do not depend on the thread count (rounds.h).
//
// Two matrices: cross_gram.h, with the same epilogues. Keys that get no gradient: key_stream.h.
#pragma once

#include <algorithm>

#include "core/context.h"
#include "gram/panels.h"
#include "gram/rounds.h"

namespace gramian {

// Items per block. 192 floats by 192 make a tile of 156 KiB: with three operands of 192 x 128 it fits an L2 cache of
// 512 KiB. Smaller for small problems, so that rounds have work for several cores. A multiple of 32, the widest panel,
// that depends on the size of the problem only.
inline int64_t self_gram_block(int64_t count) {
  const int64_t eighth = (count / 8 + 31) / 32 * 32;
  return std::min<int64_t>(192, std::max<int64_t>(32, eighth));
}

// Pairs that are no part of a contrastive sum: items k and l of the same image, k = l (mod images). That is every item
// with itself and with its positives.
inline void mask_same_image(
    int64_t images, int64_t count, Range i, Range j, float masked, float* tile, int64_t stride) {
  for (int64_t k = 0; k < i.size; ++k) {
    for (int64_t other = (i.begin + k) % images; other < count; other += images) {
      if (other >= j.begin && other < j.begin + j.size) tile[k * stride + (other - j.begin)] = masked;
    }
  }
}

class SelfGram {
 public:
  // u (count,d), unchanged and in place as long as this lives; items k and k + images are of one image. Scratch comes
  // from the context.
  SelfGram(gramian_context* context, const float* u, int64_t count, int64_t d, int64_t images)
      : context_(context), u_(u), count_(count), d_(d), images_(images), width_(GRAMIAN_SIMD(panel_width)()),
        blocks_(count, self_gram_block(count)),
        // 16 more than a block: rows of a tile then do not share cache sets
        stride_(blocks_.size() + 16),
        tiles_(context->scratch<float>(context->threads * blocks_.size() * stride_)),
        items_(context->scratch<float>(padded(count) * d)) {}

  // Packs u: once u is there, before the first forward.
  void pack() const { GRAMIAN_SIMD(pack_item_panels)(context_->threads, count_, d_, u_, items_); }

  int64_t block() const { return blocks_.size(); }
  // Floats between rows of dU.
  int64_t gradient_stride() const { return padded(d_); }

  template <typename Epilogue>
  void forward(const Epilogue& epilogue) const {
    symmetric_rounds(context_->threads, blocks_, [&](int thread, Range i, Range j) {
      epilogue.fold(thread, i, j, masked_tile(thread, i, j, epilogue), stride_);
    });
  }

  // W U (count, gradient_stride()), in scratch.
  template <typename Epilogue>
  float* backward(const Epilogue& epilogue) const {
    float* features = context_->scratch<float>(count_ * padded(d_));
    float* du = context_->scratch<float>(count_ * padded(d_));
    GRAMIAN_SIMD(pack_feature_panels)(context_->threads, count_, d_, u_, features);
    std::fill_n(du, count_ * padded(d_), 0.0f);
    const int64_t panels = padded(d_) / width_;
    symmetric_rounds(context_->threads, blocks_, [&](int thread, Range i, Range j) {
      float* tile = masked_tile(thread, i, j, epilogue);
      epilogue.weigh(thread, i, j, tile, stride_);
      GRAMIAN_SIMD(panel_product)(false, i.size, panels, j.size, tile, stride_, features + j.begin * width_,
          count_ * width_, true, du + i.begin * padded(d_), padded(d_));
      if (i.begin == j.begin) return;
      GRAMIAN_SIMD(panel_product)(true, j.size, panels, i.size, tile, stride_, features + i.begin * width_,
          count_ * width_, true, du + j.begin * padded(d_), padded(d_));
    });
    return du;
  }

 private:
  int64_t padded(int64_t columns) const { return (columns + width_ - 1) / width_ * width_; }

  template <typename Epilogue>
  float* masked_tile(int thread, Range i, Range j, const Epilogue& epilogue) const {
    float* tile = tiles_ + thread * blocks_.size() * stride_;
    GRAMIAN_SIMD(panel_product)(false, i.size, padded(j.size) / width_, d_, u_ + i.begin * d_, d_,
        items_ + j.begin * d_,
        d_ * width_, false, tile, stride_);
    mask_same_image(images_, count_, i, j, epilogue.masked(), tile, stride_);
    return tile;
  }

  gramian_context* context_;
  const float* u_;
  int64_t count_;
  int64_t d_;
  int64_t images_;
  int64_t width_;
  Blocks blocks_;
  int64_t stride_;
  float* tiles_;
  float* items_;
};

}  // namespace gramian
