// Attention: scratch around the kernels.
#include "nn/attention.h"

#include "core/context.h"
#include "core/status.h"
#include "gramian/transformer.h"

gramian_status gramian_attention_forward(gramian_context* context, const float* qkv, int64_t b, int64_t t, int64_t h,
    int64_t e, float scale, float* out, float* log_sum) {
  return gramian::guarded([&] {
    context->begin();
    float* scratch = context->scratch<float>(context->threads * gramian::attention::forward_floats(t, e));
    GRAMIAN_SIMD(attention_forward)(context->threads, {b, t, h, e, scale, qkv}, scratch, out, log_sum);
  });
}

gramian_status gramian_attention_backward(gramian_context* context, const float* qkv, const float* out,
    const float* log_sum, const float* dout, int64_t b, int64_t t, int64_t h, int64_t e, float scale, float* dqkv) {
  return gramian::guarded([&] {
    context->begin();
    float* scratch = context->scratch<float>(context->threads * gramian::attention::backward_floats(t, e));
    GRAMIAN_SIMD(attention_backward)(
        context->threads, {b, t, h, e, scale, qkv}, out, log_sum, dout, scratch, dqkv);
  });
}
