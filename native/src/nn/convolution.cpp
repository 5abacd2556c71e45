#include "nn/convolution.h"

#include <omp.h>

#include <algorithm>

#include "core/context.h"
#include "core/status.h"
#include "gramian/network.h"
#include "nn/weight_gradient.h"

namespace gramian {
namespace {

using dnnl::memory;
constexpr memory::data_type kFloat = memory::data_type::f32;

ConvolutionPrimitive make(dnnl::engine& engine, Pass pass, const ConvolutionShape& s) {
  const memory::desc x({s.n, s.c, s.h, s.w}, kFloat, memory::format_tag::nhwc);
  const memory::desc y({s.n, s.k, s.oh(), s.ow()}, kFloat, memory::format_tag::nhwc);
  const memory::dims weight_sizes{s.k, s.c, s.kernel_h, s.kernel_w};
  const memory::desc any(weight_sizes, kFloat, memory::format_tag::any);
  const memory::desc bias = s.bias ? memory::desc({s.k}, kFloat, memory::format_tag::x) : memory::desc();
  const memory::dims strides{s.stride, s.stride};
  const memory::dims padding{s.padding, s.padding};
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const dnnl::convolution_forward::primitive_desc forward(engine, dnnl::prop_kind::forward_training, algorithm, x, any,
      bias, y, strides, padding, padding, attributes);
  ConvolutionPrimitive made;
  made.source = x;
  made.target = y;
  made.bias = bias;
  made.plain_weights = memory::desc(weight_sizes, kFloat, memory::format_tag::ohwi);
  switch (pass) {
    case Pass::forward: {
      made.convolution = dnnl::convolution_forward(forward);
      made.weights = forward.weights_desc();
      made.scratchpad = forward.scratchpad_desc();
      break;
    }
    case Pass::backward_data: {
      const dnnl::convolution_backward_data::primitive_desc description(
          engine, algorithm, x, any, y, strides, padding, padding, forward, attributes);
      made.convolution = dnnl::convolution_backward_data(description);
      made.weights = description.weights_desc();
      made.scratchpad = description.scratchpad_desc();
      break;
    }
    case Pass::backward_weights: {
      const dnnl::convolution_backward_weights::primitive_desc description(
          engine, algorithm, x, any, y, strides, padding, padding, forward, attributes);
      made.convolution = dnnl::convolution_backward_weights(description);
      made.weights = description.diff_weights_desc();
      made.scratchpad = description.scratchpad_desc();
      break;
    }
  }
  made.reorders = made.weights != made.plain_weights;
  if (made.reorders) {
    const bool back = pass == Pass::backward_weights;
    const dnnl::reorder::primitive_desc reorder(engine, back ? made.weights : made.plain_weights, engine,
        back ? made.plain_weights : made.weights, attributes);
    made.reorder = dnnl::reorder(reorder);
    made.reorder_scratchpad = reorder.scratchpad_desc();
  }
  return made;
}

// oneDNN takes the number of threads from the calling thread's OpenMP settings.
class Threads {
 public:
  explicit Threads(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
  ~Threads() { omp_set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

struct Call {
  gramian_context* context;
  ConvolutionCache& cache;
  ConvolutionPrimitive& primitive;

  memory wrap(const memory::desc& description, const float* address) const {
    return memory(description, cache.engine(), const_cast<float*>(address));
  }
  memory scratch(const memory::desc& description) const {
    return memory(description, cache.engine(), context->scratch<char>(static_cast<int64_t>(description.get_size())));
  }
  void reorder(const memory& from, const memory& to) const {
    primitive.reorder.execute(cache.stream(),
        {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}, {DNNL_ARG_SCRATCHPAD, scratch(primitive.reorder_scratchpad)}});
  }
  // Our weights in the form that the convolution reads.
  memory weights(const float* plain) const {
    const memory given = wrap(primitive.plain_weights, plain);
    if (!primitive.reorders) return given;
    const memory wanted = scratch(primitive.weights);
    reorder(given, wanted);
    return wanted;
  }
};

template <typename Body>
gramian_status run(gramian_context* context, Pass pass, ConvolutionShape shape, Body&& body) {
  return guarded([&] {
    try {
      context->begin();
      shape.threads = context->threads;
      const Threads threads(context->threads);
      if (!context->convolutions) context->convolutions = std::make_shared<ConvolutionCache>();
      ConvolutionCache& cache = *context->convolutions;
      body(Call{context, cache, cache.get(pass, shape)});
      cache.stream().wait();
    } catch (const dnnl::error& error) {
      GRAMIAN_FAIL(error.status == dnnl_out_of_memory ? GRAMIAN_OUT_OF_MEMORY : GRAMIAN_VENDOR_ERROR,
          std::string("oneDNN convolution: ") + error.what());
    }
  });
}

// With AVX2, oneDNN's gradient of the weights reaches 40 to 60 % of our speed on channels-last memory (one core of a
// Zen 3,
// ResNet-18 shapes: 41-62 against 75-92 GFLOP/s). With AVX-512 it has better kernels, without AVX2 neither counts.
bool has_own_weight_gradient(int64_t c, int64_t k, int64_t kernel_w) {
  return instruction_set() == InstructionSet::avx2 && kernel_w == kWeightGradientWidth &&
         c % kWeightGradientChannels == 0 && k % kWeightGradientOutputs == 0;
}

gramian_status own_weight_gradient(
    gramian_context* context, const ConvolutionShape& s, const float* x, const float* dy, float* dweights) {
  return guarded([&] {
    WeightGradient g{s.n, s.h, s.w, s.c, s.k, s.kernel_h, s.stride, s.padding, s.oh(), s.ow(), 1};
    // 1024 pixels of one group of channels are 32 KB, a sixteenth of L2, and hide the loads and stores of the sums
    g.chunk = std::min(s.n, std::max<int64_t>(1, 1024 / (g.oh * g.ow)));
    context->begin();
    float* packed_x = context->scratch<float>(g.input_floats());
    float* packed_dy = context->scratch<float>(g.gradient_floats());
    float* sums = context->scratch<float>(g.sum_floats());
    GRAMIAN_SIMD(weight_gradient)(context->threads, g, x, dy, packed_x, packed_dy, sums, dweights);
  });
}

// A 1x1 kernel with a stride reads a grid of pixels and nothing else: dense (n, oh, ow, c) from x (n, h, w, c). oneDNN
// 3.11 gathers the same grid for the gradient of the weights, but into scratch memory that is too small when c is no
// multiple of its vector: wrong sums, a barrier that never opens, or a damaged heap for c of 1, 3, 4 and 7 with AVX2.
void gather_grid(int threads, const ConvolutionShape& s, const float* x, float* dense) {
  const int64_t oh = s.oh(), ow = s.ow();
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t row = 0; row < s.n * oh; ++row) {
    const float* from = x + ((row / oh) * s.h + (row % oh) * s.stride) * s.w * s.c;
    for (int64_t j = 0; j < ow; ++j) {
      std::copy_n(from + j * s.stride * s.c, s.c, dense + (row * ow + j) * s.c);
    }
  }
}

}  // namespace

ConvolutionPrimitive& ConvolutionCache::get(Pass pass, const ConvolutionShape& shape) {
  // A training run needs some dozens of shapes; a thousand means that sizes change all the time.
  if (primitives_.size() > 1000) primitives_.clear();
  auto found = primitives_.find({pass, shape});
  if (found == primitives_.end()) {
    found = primitives_.emplace(std::make_pair(pass, shape), make(engine_, pass, shape)).first;
  }
  return found->second;
}

}  // namespace gramian

gramian_status gramian_convolution_forward(gramian_context* context, int64_t n, int64_t h, int64_t w, int64_t c,
    int64_t k, int64_t kernel_h, int64_t kernel_w, int64_t stride, int64_t padding, const float* x,
    const float* weights, const float* bias, float* y) {
  const gramian::ConvolutionShape shape{n, h, w, c, k, kernel_h, kernel_w, stride, padding, bias != nullptr, 0};
  return gramian::run(context, gramian::Pass::forward, shape,
      [&](const gramian::Call& call) {
        std::unordered_map<int, dnnl::memory> arguments{{DNNL_ARG_SRC, call.wrap(call.primitive.source, x)},
            {DNNL_ARG_WEIGHTS, call.weights(weights)}, {DNNL_ARG_DST, call.wrap(call.primitive.target, y)},
            {DNNL_ARG_SCRATCHPAD, call.scratch(call.primitive.scratchpad)}};
        if (bias != nullptr) arguments.emplace(DNNL_ARG_BIAS, call.wrap(call.primitive.bias, bias));
        call.primitive.convolution.execute(call.cache.stream(), arguments);
      });
}

gramian_status gramian_convolution_backward_data(gramian_context* context, int64_t n, int64_t h, int64_t w, int64_t c,
    int64_t k, int64_t kernel_h, int64_t kernel_w, int64_t stride, int64_t padding, const float* weights,
    const float* dy, float* dx) {
  const gramian::ConvolutionShape shape{n, h, w, c, k, kernel_h, kernel_w, stride, padding, false, 0};
  return gramian::run(context, gramian::Pass::backward_data, shape,
      [&](const gramian::Call& call) {
        call.primitive.convolution.execute(call.cache.stream(),
            {{DNNL_ARG_DIFF_DST, call.wrap(call.primitive.target, dy)}, {DNNL_ARG_WEIGHTS, call.weights(weights)},
                {DNNL_ARG_DIFF_SRC, call.wrap(call.primitive.source, dx)},
                {DNNL_ARG_SCRATCHPAD, call.scratch(call.primitive.scratchpad)}});
      });
}

gramian_status gramian_convolution_backward_weights(gramian_context* context, int64_t n, int64_t h, int64_t w,
    int64_t c, int64_t k, int64_t kernel_h, int64_t kernel_w, int64_t stride, int64_t padding, const float* x,
    const float* dy, float* dweights) {
  if (gramian::has_own_weight_gradient(c, k, kernel_w)) {
    return gramian::own_weight_gradient(
        context, {n, h, w, c, k, kernel_h, kernel_w, stride, padding, false, 0}, x, dy, dweights);
  }
  const gramian::ConvolutionShape given{n, h, w, c, k, kernel_h, kernel_w, stride, padding, false, 0};
  const bool grid = kernel_h == 1 && kernel_w == 1 && stride > 1 && padding == 0;
  const gramian::ConvolutionShape shape =
      grid ? gramian::ConvolutionShape{n, given.oh(), given.ow(), c, k, 1, 1, 1, 0, false, 0} : given;
  return gramian::run(context, gramian::Pass::backward_weights, shape,
      [&](const gramian::Call& call) {
        const float* source = x;
        if (grid) {
          float* dense = call.context->scratch<float>(n * given.oh() * given.ow() * c);
          gramian::gather_grid(context->threads, given, x, dense);
          source = dense;
        }
        const dnnl::memory plain = call.wrap(call.primitive.plain_weights, dweights);
        const dnnl::memory wanted = call.primitive.reorders ? call.scratch(call.primitive.weights) : plain;
        call.primitive.convolution.execute(call.cache.stream(),
            {{DNNL_ARG_SRC, call.wrap(call.primitive.source, source)},
                {DNNL_ARG_DIFF_DST, call.wrap(call.primitive.target, dy)},
                {DNNL_ARG_DIFF_WEIGHTS, wanted}, {DNNL_ARG_SCRATCHPAD, call.scratch(call.primitive.scratchpad)}});
        if (call.primitive.reorders) call.reorder(wanted, plain);
      });
}
