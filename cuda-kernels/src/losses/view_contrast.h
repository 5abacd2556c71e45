// What NT-Xent, DCL and their relatives share: the M = views n rows of several views of n images, each compared with
// all rows of other images (its negatives, in the Gram loops) and with those of its own image (its positives, by dot
// products in float64). Row v n + i is view v of image i.
//
//   ViewContrast<Mode> call(context, {views, n, d, stride}, temperature, rule, similarity);
//   call.take(z);                        rows
//   call.value(row, anchors, loss)       mean of row (finish_rows.h) over the first `anchors` rows
//   call.gradient(pulls, weight, beta, dz)
//
// FLOP: M^2 d forward (2 M^2 d below the temperature where rows have shifts, or with fewer anchors), 4 M^2 d backward
// (gram/weighted_rows.h: for d <= 256 in bf16, 128 otherwise). Memory: u and, in TF32 and bf16, its rounded copy; at
// most 16 MiB of partial sums of symmetric tiles; (splits, M, d) partial gradients, at most 5 splits at M = 8192 and 1
// from 33792 on.
#pragma once

#include "losses/finish_rows.h"

namespace gramian {

struct ViewShape {
  int64_t views, n, d, stride;
  int64_t rows() const { return views * n; }
};

template <typename Mode>
class ViewContrast {
 public:
  // rule: unit or none.
  ViewContrast(gramian_context* context, ViewShape shape, float temperature, RowRule rule, int similarity)
      : context_(context), shape_(shape), temperature_(temperature), rule_(rule), width_(padded_width(shape.d)),
        u_(context->scratch<float>(shape.rows() * width_)), norm_(context->scratch<float>(shape.rows())),
        terms_{Pairs::of_different_images(shape.n),
            rule != RowRule::unit || !(temperature >= nt_xent::kFixedShiftTemperature), exponent_scale(temperature),
            similarity},
        of_(softmax_rows(context, shape.rows())) {}

  void take(const gramian_input* z) {
    for (int64_t v = 0; v < shape_.views; ++v) {
      const int64_t first = v * shape_.n;
      normalize_rows(context_, shape_.n, shape_.d, z[v], shape_.stride, rule_, kNormEps, width_, u_ + first * width_,
          norm_ + first);
    }
    rows_ = lay_out<Mode>(context_, shape_.rows(), shape_.d, u_, width_);
  }

  // (n) products of the rows of views 0 and 1.
  const double* positives() const {
    double* positive = context_->scratch<double>(shape_.n);
    gramian::positives(context_, shape_.n, width_, u_, u_ + shape_.n * width_, nullptr, positive);
    return positive;
  }

  // (M, views) products of rows of the same image.
  const double* all_positives() const {
    double* s = context_->scratch<double>(shape_.rows() * shape_.views);
    view_positives(context_, shape_.views, shape_.n, width_, u_, s);
    return s;
  }

  template <typename Row>
  void value(const Row& row, int64_t anchors, double* loss) {
    anchors_ = anchors;
    const Operand<Mode> of_anchors = {rows_.rows, anchors, rows_.width};
    const char* name = "view_exponential_sums";
    const ExponentialSums sums = anchors == shape_.rows()
                                     ? exponential_sums_of_self(context_, name, rows_, terms_)
                                     : exponential_sums_of(context_, name, of_anchors, rows_, terms_);
    finish_rows_by(context_, sums, anchors, terms_.scale, row, of_);
    mean_of(context_, anchors, of_.loss, 1, loss);
  }

  // dz[v] = weight dL/dz_v + beta[v] dz[v], with the pull that value() left for the one positive of two views.
  void gradient(float weight, const float* beta, const gramian_output* dz) const {
    const WeightedRows weighted = weighted_rows();
    for (int64_t v = 0; v < 2; ++v) {
      const int64_t other = (1 - v) * shape_.n;
      row_gradient(context_, rows_of(weighted, v, weight, beta[v], dz[v]),
          PairPull{u_ + other * width_, nullptr, of_.pull + v * shape_.n, of_.pull + other});
    }
  }

  // The same for any number of views, with beta 0 and a pull (M, views) for each positive.
  void gradient(const float* pull, const gramian_output* dz) const {
    const WeightedRows weighted = weighted_rows();
    for (int64_t v = 0; v < shape_.views; ++v) {
      row_gradient(context_, rows_of(weighted, v, 1, 0, dz[v]), ViewPull{shape_.views, v, u_, pull});
    }
  }

 private:
  WeightedRows weighted_rows() const {
    return weighted_rows_of(context_, "view_weighted_rows", rows_, rows_, terms_,
        {of_.shift, of_.inverse, of_.shift, of_.inverse});
  }

  RowGradient rows_of(const WeightedRows& weighted, int64_t view, float weight, float beta, float* dz) const {
    const int64_t first = view * shape_.n;
    const float factor = static_cast<float>(weight / (static_cast<double>(anchors_) * temperature_));
    return {shape_.n, shape_.d, width_, weighted.splits, shape_.rows() * width_, width_,
        weighted.partial + first * width_, u_ + first * width_, norm_ + first, rule_, kNormEps, factor, beta,
        shape_.stride, dz, nullptr};
  }

  gramian_context* context_;
  ViewShape shape_;
  float temperature_;
  RowRule rule_;
  int64_t width_;
  float* u_;     // (M, width)
  float* norm_;  // (M)
  SoftmaxTerms terms_;
  SoftmaxRows of_;
  Operand<Mode> rows_ = {};
  int64_t anchors_ = 0;
};

}  // namespace gramian
