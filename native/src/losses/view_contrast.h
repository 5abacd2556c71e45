// What NT-Xent, DCL and their relatives share: the M = views n rows of several views of n images, each compared with
// all rows of other images (its negatives, in the Gram loop) and with those of its own image (its positives, by dot
// products in float64, kept out of the tiles so that nothing cancels late in training). Row v n + i is view v of
// image i.
//
//   ViewContrast call(context, {views, n, d, stride}, temperature, rule, kind);
//   call.take(z);                        rows and positives
//   call.value(row, anchors)             mean of row(...) over the first anchors rows
//   call.gradient(weight, beta, dz)
//
// row(v, i, negatives, shift, s, pull) is the loss of one row: from the sum of exp((f(s_ij) - shift) / tau) over its
// negatives and the products s[other view] with its positives, it returns the loss and the factor of each exponential
// in the gradient, and sets pull[other view] = -tau dloss / ds.
//
// FLOP: M^2 d forward, 3 M^2 d backward; M^2 / 2 exponentials each. Memory: u, two packed copies and du, (M,d) each,
// O(M) statistics, one tile of 156 KiB per thread: 17 MiB at M = 8192, d = 128.
#pragma once

#include "gram/self_gram.h"
#include "gramian/epilogue/similarity.h"
#include "gramian/system.h"
#include "losses/contrastive_rows.h"
#include "losses/softmax_epilogue.h"

namespace gramian {

struct RowLoss {
  double loss;
  double inverse;  // dloss / d(sum of exponentials over the negatives)
};

struct ViewShape {
  int64_t views, n, d, stride;
  int64_t rows() const { return views * n; }
};

class ViewContrast {
 public:
  ViewContrast(gramian_context* context, ViewShape shape, float temperature, RowRule rule, int kind)
      : context_(context), shape_(shape), temperature_(temperature), rule_(rule),
        rows_(context, shape.rows(), shape.d, shape.stride), gram_(context, rows_.u, shape.rows(), shape.d, shape.n),
        sums_(take_sums(context, shape.rows())), s_(context->scratch<double>(shape.rows() * shape.views)),
        pull_(context->scratch<float>(shape.rows() * shape.views)), anchors_(shape.rows()) {
    const bool online = rule != RowRule::unit || !(temperature >= nt_xent::kFixedShiftTemperature);
    epilogue_ = {kind, exponent_scale(temperature), online, true, sums_, sums_,
        context->scratch<float>(context->threads * 2 * gram_.block()), gram_.block()};
  }

  void take(const gramian_input* z) const {
    const int64_t n = shape_.n;
    for (int64_t v = 0; v < shape_.views; ++v) rows_.take(v * n, n, z[v], rule_, kNormEps);
    gram_.pack();
    for_each_block(context_->threads, Blocks(shape_.rows(), kRowBlock), [&](int, Range block) {
      for (int64_t i = block.begin; i < block.begin + block.size; ++i) {
        for (int64_t v = 0; v < shape_.views; ++v) s_[i * shape_.views + v] = rows_.dot(i, rows_, v * n + i % n);
      }
    });
  }

  // Product of a row with view `other` of the same image.
  double positive(int64_t row, int64_t other) const { return s_[row * shape_.views + other]; }
  float& pull(int64_t row, int64_t other) const { return pull_[row * shape_.views + other]; }

  template <typename Row>
  double value(const Row& row, int64_t anchors) {
    anchors_ = anchors;
    reset(sums_, shape_.rows(), epilogue_.online);
    gram_.forward(epilogue_);
    settle(sums_, shape_.rows());
    std::fill_n(sums_.inverse, shape_.rows(), 0.0f);
    std::fill_n(pull_, shape_.rows() * shape_.views, 0.0f);
    double sum = 0;
    for (int64_t i = 0; i < anchors; ++i) {
      const RowLoss one = row(i / shape_.n, i % shape_.n, sums_.sum[i], static_cast<double>(sums_.shift[i]),
          s_ + i * shape_.views, pull_ + i * shape_.views);
      sums_.inverse[i] = static_cast<float>(one.inverse);
      sum += one.loss;
    }
    return anchors == 0 ? 0 : sum / static_cast<double>(anchors);
  }

  // dz[v] = weight dL/dz_v + beta[v] dz[v]; beta null: 0.
  void gradient(float weight, const float* beta, const gramian_output* dz) const {
    const int64_t n = shape_.n;
    float* wu = gram_.backward(epilogue_);
    const float factor = static_cast<float>(weight / (static_cast<double>(anchors_) * temperature_));
    for_each_block(context_->threads, Blocks(shape_.rows(), kRowBlock), [&](int, Range block) {
      for (int64_t i = block.begin; i < block.begin + block.size; ++i) {
        const int64_t view = i / n;
        float* g = wu + i * gram_.gradient_stride();
        for (int64_t v = 0; v < shape_.views; ++v) {
          const int64_t p = v * n + i % n;
          if (v == view) continue;
          GRAMIAN_SIMD(contrastive_add)(shape_.d, -(pull(i, v) + pull(p, view)), rows_.u + p * shape_.d, g);
        }
        rows_.back(i, g, factor, beta == nullptr ? 0 : beta[view], dz[view] + i % n * shape_.stride);
      }
    });
  }

 private:
  gramian_context* context_;
  ViewShape shape_;
  float temperature_;
  RowRule rule_;
  ContrastiveRows rows_;
  SelfGram gram_;
  SoftmaxSums sums_;
  double* s_;    // (M, views) products of rows of the same image
  float* pull_;  // (M, views)
  int64_t anchors_;
  SoftmaxEpilogue epilogue_;
};

}  // namespace gramian
