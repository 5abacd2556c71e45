// Layers whose activations, gradients of activations and weights are bfloat16: half of the bytes to keep and to move. A
// uint16_t is the upper half of a float32. Arithmetic, sums, statistics and the gradients of weights are float32, as in
// network.h, transformer.h and linear_algebra.h, whose sizes and layouts hold here; what is stored is rounded once, to
// nearest even. CUDA devices and their executor have these functions, the CPU does not.
#ifndef GRAMIAN_BFLOAT16_H
#define GRAMIAN_BFLOAT16_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

/** y = x rounded, over count elements. */
GRAMIAN_EXPORT gramian_status gramian_round_bf16(
    gramian_context* context, int64_t count, const float* x, uint16_t* y);
/** y = x, over count elements. */
GRAMIAN_EXPORT gramian_status gramian_widen_bf16(
    gramian_context* context, int64_t count, const uint16_t* x, float* y);
/** z = x + y over count elements. z may be x or y. */
GRAMIAN_EXPORT gramian_status gramian_add_bf16(
    gramian_context* context, int64_t count, const uint16_t* x, const uint16_t* y, uint16_t* z);
/** z = x + y over count elements: a residual stream in float32 and a branch. z may be x. */
GRAMIAN_EXPORT gramian_status gramian_add_mixed_bf16(
    gramian_context* context, int64_t count, const float* x, const uint16_t* y, float* z);
/** y (rows,columns) = x + bias (columns) in each row. y may be x. */
GRAMIAN_EXPORT gramian_status gramian_add_to_rows_bf16(
    gramian_context* context, int64_t rows, int64_t columns, const uint16_t* x, const float* bias, uint16_t* y);
/** sums (columns) of the columns of x (rows,columns), added up in float64. */
GRAMIAN_EXPORT gramian_status gramian_column_sums_bf16(
    gramian_context* context, int64_t rows, int64_t columns, const uint16_t* x, float* sums);

/** c (m,n) = alpha op(a) op(b) + beta c. With beta 0, c is only written. */
GRAMIAN_EXPORT gramian_status gramian_gemm_bf16(gramian_context* context, int32_t transpose_a, int32_t transpose_b,
    int64_t m, int64_t n, int64_t k, float alpha, const uint16_t* a, const uint16_t* b, float beta, uint16_t* c);
/** The same with float32 results: gradients of weights. */
GRAMIAN_EXPORT gramian_status gramian_gemm_wide_bf16(gramian_context* context, int32_t transpose_a,
    int32_t transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const uint16_t* a, const uint16_t* b,
    float beta, float* c);

/** Convolution without bias. */
GRAMIAN_EXPORT gramian_status gramian_convolution_forward_bf16(gramian_context* context, int64_t n, int64_t h,
    int64_t w, int64_t c, int64_t k, int64_t kernel_h, int64_t kernel_w, int64_t stride, int64_t padding,
    const uint16_t* x, const uint16_t* weights, uint16_t* y);
/** dx (n,h,w,c) from dy (n,oh,ow,k). */
GRAMIAN_EXPORT gramian_status gramian_convolution_backward_data_bf16(gramian_context* context, int64_t n, int64_t h,
    int64_t w, int64_t c, int64_t k, int64_t kernel_h, int64_t kernel_w, int64_t stride, int64_t padding,
    const uint16_t* weights, const uint16_t* dy, uint16_t* dx);
/** dweights (k,kernel_h,kernel_w,c) from x and dy. */
GRAMIAN_EXPORT gramian_status gramian_convolution_backward_weights_bf16(gramian_context* context, int64_t n,
    int64_t h, int64_t w, int64_t c, int64_t k, int64_t kernel_h, int64_t kernel_w, int64_t stride, int64_t padding,
    const uint16_t* x, const uint16_t* dy, float* dweights);

/** Batch normalisation, arguments as in network.h: moments of what x holds, in float64 from a thread on. */
GRAMIAN_EXPORT gramian_status gramian_batch_norm_forward_bf16(gramian_context* context, int64_t rows, int64_t c,
    const uint16_t* x, const float* gamma, const float* beta, const uint16_t* residual, float eps, float momentum,
    int32_t relu, float* running_mean, float* running_variance, uint16_t* y, float* mean, float* rstd);
/** The same with given mean (c) and variance (c); rstd (c) is written. */
GRAMIAN_EXPORT gramian_status gramian_batch_norm_evaluate_bf16(gramian_context* context, int64_t rows, int64_t c,
    const uint16_t* x, const float* gamma, const float* beta, const uint16_t* residual, const float* mean,
    const float* variance, float eps, int32_t relu, uint16_t* y, float* rstd);
/** Gradient of both. */
GRAMIAN_EXPORT gramian_status gramian_batch_norm_backward_bf16(gramian_context* context, int64_t rows, int64_t c,
    const uint16_t* x, const uint16_t* y, const float* gamma, const float* beta, const float* mean, const float* rstd,
    int32_t relu, int32_t batch_statistics, const uint16_t* dy, uint16_t* dx, float* dgamma, float* dbeta,
    uint16_t* dresidual);

/** Maximum over size x size windows. */
GRAMIAN_EXPORT gramian_status gramian_max_pool_forward_bf16(gramian_context* context, int64_t n, int64_t h, int64_t w,
    int64_t c, int64_t size, int64_t stride, int64_t padding, const uint16_t* x, uint16_t* y, uint8_t* tap);
/** dx (n,h,w,c) from dy (n,oh,ow,c) and tap. */
GRAMIAN_EXPORT gramian_status gramian_max_pool_backward_bf16(gramian_context* context, int64_t n, int64_t h,
    int64_t w, int64_t c, int64_t size, int64_t stride, int64_t padding, const uint8_t* tap, const uint16_t* dy,
    uint16_t* dx);

/** Layer normalisation of a float32 residual stream x into what products read. */
GRAMIAN_EXPORT gramian_status gramian_layer_norm_forward_bf16(gramian_context* context, const float* x, int64_t rows,
    int64_t d, const float* gamma, const float* beta, float epsilon, uint16_t* y, float* mean, float* rstd);
/** dx (rows,d), float32 as x, from dy. */
GRAMIAN_EXPORT gramian_status gramian_layer_norm_backward_bf16(gramian_context* context, const uint16_t* dy,
    const float* x, int64_t rows, int64_t d, const float* gamma, const float* mean, const float* rstd, float* dx,
    float* dgamma, float* dbeta);
/** y = x Phi(x) over count elements. y may be x. */
GRAMIAN_EXPORT gramian_status gramian_gelu_forward_bf16(
    gramian_context* context, const uint16_t* x, int64_t count, uint16_t* y);
/** dx = dy (Phi(x) + x phi(x)). dx may be dy. */
GRAMIAN_EXPORT gramian_status gramian_gelu_backward_bf16(
    gramian_context* context, const uint16_t* x, const uint16_t* dy, int64_t count, uint16_t* dx);
/** Attention; scores, their softmax and log_sum are float32. */
GRAMIAN_EXPORT gramian_status gramian_attention_forward_bf16(gramian_context* context, const uint16_t* qkv, int64_t b,
    int64_t t, int64_t h, int64_t e, float scale, uint16_t* out, float* log_sum);
/** dqkv (b,t,3,h,e) from dout (b,t,h,e), with out and log_sum of the forward pass. */
GRAMIAN_EXPORT gramian_status gramian_attention_backward_bf16(gramian_context* context, const uint16_t* qkv,
    const uint16_t* out, const float* log_sum, const uint16_t* dout, int64_t b, int64_t t, int64_t h, int64_t e,
    float scale, uint16_t* dqkv);

GRAMIAN_EXTERN_C_END

#endif
