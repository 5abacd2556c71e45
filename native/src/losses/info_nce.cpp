// InfoNCE between two sets of rows. Formula: gramian/epilogue/info_nce.h; loops, FLOP and memory: gram/cross_gram.h.
#include "gramian/epilogue/info_nce.h"

#include "core/status.h"
#include "gram/cross_gram.h"
#include "gramian/contrastive.h"
#include "gramian/epilogue/similarity.h"
#include "losses/contrastive_rows.h"
#include "losses/softmax_epilogue.h"

namespace gramian {
namespace {

// One call: what its passes share.
class InfoNce {
 public:
  InfoNce(gramian_context* context, int64_t n, int64_t d, int64_t stride, float temperature, bool unit, bool symmetric)
      : context_(context), n_(n), d_(d), stride_(stride), temperature_(temperature), unit_(unit),
        weights_(info_nce::directions(symmetric)), x_(context, n, d, stride), y_(context, n, d, stride),
        gram_(context, x_.u, y_.u, n, d), s_(context->scratch<double>(n)), miss_(context->scratch<float>(n)) {
    const bool online = !unit || !(temperature >= nt_xent::kFixedShiftTemperature);
    epilogue_ = {similarity::kCosine, exponent_scale(temperature), online, false, take_sums(context, n),
        take_sums(context, n), context->scratch<float>(context->threads * 2 * gram_.block()), gram_.block()};
    if (!symmetric) {
      // no column is summed; a weight of 0 behind a shift that no product reaches
      std::fill_n(epilogue_.columns.shift, n, -kNoShift);
      std::fill_n(epilogue_.columns.inverse, n, 0.0f);
      epilogue_.columns.sum = nullptr;
    }
  }

  void take(const float* x, const float* y) const {
    const RowRule rule = unit_ ? RowRule::unit : RowRule::none;
    x_.take(0, n_, x, rule, kNormEps);
    y_.take(0, n_, y, rule, kNormEps);
    gram_.pack();
    for_each_block(context_->threads, Blocks(n_, kRowBlock), [&](int, Range rows) {
      for (int64_t i = rows.begin; i < rows.begin + rows.size; ++i) s_[i] = x_.dot(i, y_, i);
    });
  }

  double value() const {
    const SoftmaxEpilogue& e = epilogue_;
    std::fill_n(miss_, n_, 0.0f);
    reset(e.rows, n_, e.online);
    if (e.columns.sum != nullptr) reset(e.columns, n_, e.online);
    gram_.forward(e);
    const double sum = side(e.rows, weights_.rows) + (e.columns.sum == nullptr ? 0 : side(e.columns, weights_.columns));
    return n_ == 0 ? 0 : sum / static_cast<double>(n_);
  }

  // Returns dL / d log(1 / temperature).
  double gradient(float* dx, float* dy) const {
    const CrossGram::Gradients g = gram_.backward(epilogue_);
    const int64_t stride = gram_.gradient_stride();
    const double factor = 1 / (static_cast<double>(n_) * temperature_);
    for_each_block(context_->threads, Blocks(n_, kRowBlock), [&](int, Range rows) {
      for (int64_t i = rows.begin; i < rows.begin + rows.size; ++i) {
        GRAMIAN_SIMD(contrastive_add)(d_, -miss_[i], y_.u + i * d_, g.dx + i * stride);
        GRAMIAN_SIMD(contrastive_add)(d_, -miss_[i], x_.u + i * d_, g.dy + i * stride);
        s_[i] = x_.back(i, g.dx + i * stride, static_cast<float>(factor), 0, dx + i * stride_);
        y_.back(i, g.dy + i * stride, static_cast<float>(factor), 0, dy + i * stride_);
      }
    });
    double along = 0;
    for (int64_t i = 0; i < n_; ++i) along += s_[i];
    return n_ == 0 ? 0 : along * factor;
  }

 private:
  // Losses of all rows or of all columns; leaves their weights in sums.inverse and what they miss in miss_.
  double side(const SoftmaxSums& sums, double weight) const {
    settle(sums, n_);
    double loss = 0;
    for (int64_t i = 0; i < n_; ++i) {
      const nt_xent::Row row = nt_xent::row(sums.sum[i], (s_[i] - sums.shift[i]) / temperature_);
      sums.inverse[i] = static_cast<float>(weight * row.inverse);
      miss_[i] += static_cast<float>(weight * row.miss);
      loss += weight * row.loss;
    }
    return loss;
  }

  gramian_context* context_;
  int64_t n_, d_, stride_;
  float temperature_;
  bool unit_;
  info_nce::Directions weights_;
  ContrastiveRows x_, y_;
  CrossGram gram_;
  double* s_;    // (n) products of the pairs, then <x_i, dL/dx_i>
  float* miss_;  // (n)
  SoftmaxEpilogue epilogue_;
};

}  // namespace
}  // namespace gramian

gramian_status gramian_info_nce(gramian_context* context, int64_t n, int64_t d, int64_t stride, const float* x,
    const float* y, float temperature, int32_t unit, int32_t symmetric, double* result, float* dx, float* dy) {
  return gramian::guarded([&] {
    context->begin();
    const gramian::InfoNce call(context, n, d, stride, temperature, unit != 0, symmetric != 0);
    call.take(x, y);
    result[0] = call.value();
    result[1] = 0;
    if (dx != nullptr) result[1] = call.gradient(dx, dy);
  });
}
