// Convolutions through oneDNN: one set of primitives per shape, made once and kept in the context.
#pragma once

#include <dnnl.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <tuple>

#include "gramian/system.h"

namespace gramian {

enum class Pass { forward, backward_data, backward_weights };

// Sizes as in network.h; everything that a primitive depends on.
struct ConvolutionShape {
  int64_t n, h, w, c, k, kernel_h, kernel_w, stride, padding;
  bool bias;
  int threads;

  int64_t oh() const { return (h + 2 * padding - kernel_h) / stride + 1; }
  int64_t ow() const { return (w + 2 * padding - kernel_w) / stride + 1; }
  auto key() const { return std::tie(n, h, w, c, k, kernel_h, kernel_w, stride, padding, bias, threads); }
  bool operator<(const ConvolutionShape& other) const { return key() < other.key(); }
};

// A convolution pass, and the reorder between our weights (k,kernel_h,kernel_w,c) and those that it wants.
struct ConvolutionPrimitive {
  dnnl::primitive convolution;
  dnnl::primitive reorder;
  bool reorders;
  dnnl::memory::desc source, weights, target, plain_weights, bias;
  dnnl::memory::desc scratchpad, reorder_scratchpad;
};

class ConvolutionCache {
 public:
  ConvolutionCache() : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {}
  ConvolutionPrimitive& get(Pass pass, const ConvolutionShape& shape);
  dnnl::engine& engine() { return engine_; }
  dnnl::stream& stream() { return stream_; }

 private:
  dnnl::engine engine_;
  dnnl::stream stream_;
  std::map<std::pair<Pass, ConvolutionShape>, ConvolutionPrimitive> primitives_;
};

}  // namespace gramian
