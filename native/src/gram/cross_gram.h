// The Gram loop of two matrices: g_ij = <x_i, y_j>, x and y (n,d), every tile once, nothing of size n^2 in memory.
// Row i of x and row i of y are a pair: that entry is masked, and the loss takes it from a dot product of its own.
//
// Epilogues as in self_gram.h, where fold sees statistics of the rows of I and of the columns of J, and weigh gives
// W_ij = dL/dg_ij.
//
// forward:   tile = X_I Y_J^T, mask, fold.                                   2 n^2 d FLOP
// backward:  tile again, mask, weigh, dX_I += W Y_J, dY_J += W^T X_I.        6 n^2 d FLOP
// Memory: y packed once; with a gradient x and y once more, dX, dY; one tile per thread. Results do not depend on the
// thread count (rounds.h).
#pragma once

#include "gram/self_gram.h"

namespace gramian {

class CrossGram {
 public:
  // x and y (n,d), unchanged and in place as long as this lives; scratch comes from the context.
  CrossGram(gramian_context* context, const float* x, const float* y, int64_t n, int64_t d)
      : context_(context), x_(x), y_(y), n_(n), d_(d), width_(GRAMIAN_SIMD(panel_width)()),
        blocks_(n, self_gram_block(2 * n)), stride_(blocks_.size() + 16),
        tiles_(context->scratch<float>(context->threads * blocks_.size() * stride_)),
        items_(context->scratch<float>(padded(n) * d)) {}

  // Packs y: once it is there, before the first pass.
  void pack() const { GRAMIAN_SIMD(pack_item_panels)(context_->threads, n_, d_, y_, items_); }

  int64_t block() const { return blocks_.size(); }
  // Floats between rows of dX and dY.
  int64_t gradient_stride() const { return padded(d_); }

  template <typename Epilogue>
  void forward(const Epilogue& epilogue) const {
    rectangular_rounds(context_->threads, blocks_, blocks_, [&](int thread, Range i, Range j) {
      epilogue.fold(thread, i, j, masked_tile(thread, i, j, epilogue), stride_);
    });
  }

  struct Gradients {
    float* dx;  // W Y   (n, gradient_stride())
    float* dy;  // W^T X
  };

  template <typename Epilogue>
  Gradients backward(const Epilogue& epilogue) const {
    const int64_t size = n_ * padded(d_);
    float* x_panels = context_->scratch<float>(size);
    float* y_panels = context_->scratch<float>(size);
    const Gradients g{context_->scratch<float>(size), context_->scratch<float>(size)};
    GRAMIAN_SIMD(pack_feature_panels)(context_->threads, n_, d_, x_, x_panels);
    GRAMIAN_SIMD(pack_feature_panels)(context_->threads, n_, d_, y_, y_panels);
    std::fill_n(g.dx, size, 0.0f);
    std::fill_n(g.dy, size, 0.0f);
    const int64_t panels = padded(d_) / width_;
    rectangular_rounds(context_->threads, blocks_, blocks_, [&](int thread, Range i, Range j) {
      float* tile = masked_tile(thread, i, j, epilogue);
      epilogue.weigh(thread, i, j, tile, stride_);
      GRAMIAN_SIMD(panel_product)(false, i.size, panels, j.size, tile, stride_, y_panels + j.begin * width_,
          n_ * width_, true, g.dx + i.begin * padded(d_), padded(d_));
      GRAMIAN_SIMD(panel_product)(true, j.size, panels, i.size, tile, stride_, x_panels + i.begin * width_, n_ * width_,
          true, g.dy + j.begin * padded(d_), padded(d_));
    });
    return g;
  }

 private:
  int64_t padded(int64_t columns) const { return (columns + width_ - 1) / width_ * width_; }

  template <typename Epilogue>
  float* masked_tile(int thread, Range i, Range j, const Epilogue& epilogue) const {
    float* tile = tiles_ + thread * blocks_.size() * stride_;
    GRAMIAN_SIMD(panel_product)(false, i.size, padded(j.size) / width_, d_, x_ + i.begin * d_, d_,
        items_ + j.begin * d_, d_ * width_, false, tile, stride_);
    if (i.begin == j.begin) {
      for (int64_t k = 0; k < i.size; ++k) tile[k * stride_ + k] = epilogue.masked();
    }
    return tile;
  }

  gramian_context* context_;
  const float* x_;
  const float* y_;
  int64_t n_;
  int64_t d_;
  int64_t width_;
  Blocks blocks_;
  int64_t stride_;
  float* tiles_;
  float* items_;
};

}  // namespace gramian
