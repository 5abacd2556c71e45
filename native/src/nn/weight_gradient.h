// Gradient of the weights of a convolution with a kernel three wide, for channels in groups of 8 and outputs in
// groups of 4.
#pragma once

#include "core/simd.h"

namespace gramian {

// Sizes as in network.h, and how the batch is cut: chunk images are packed and visited together.
struct WeightGradient {
  int64_t n, h, w, c, k, kernel_h, stride, padding, oh, ow;
  int64_t chunk;

  int64_t padded_h() const { return h + 2 * padding; }
  int64_t padded_w() const { return w + 2 * padding; }
  // floats of the packed input, the packed gradient of the output, and the sums
  int64_t input_floats() const { return chunk * padded_h() * padded_w() * c; }
  int64_t gradient_floats() const { return chunk * oh * ow * k; }
  int64_t sum_floats() const { return k * kernel_h * 3 * c; }
};

constexpr int64_t kWeightGradientWidth = 3;
constexpr int64_t kWeightGradientChannels = 8;
constexpr int64_t kWeightGradientOutputs = 4;

}  // namespace gramian

// dweights (k,kernel_h,3,c) from x (n,h,w,c) and dy (n,oh,ow,k); scratch as WeightGradient says. The same bits for
// any number
// of threads.
GRAMIAN_SIMD_DECLARE(void, weight_gradient,
    (int threads, const WeightGradient& g, const float* x, const float* dy, float* packed_x, float* packed_dy,
        float* sums,
        float* dweights))
