// Layers of transformers. Tokens are rows; matrices are row-major, float32.
#ifndef GRAMIAN_TRANSFORMER_H
#define GRAMIAN_TRANSFORMER_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

/** Layer normalisation: y (rows,d) = gamma (x - mean_i) rstd_i + beta with mean (rows) and rstd (rows) of each row of
 *  x, rstd = 1 / sqrt(biased variance + epsilon). gamma and beta are (d), d >= 1. */
GRAMIAN_EXPORT gramian_status gramian_layer_norm_forward(gramian_context* context, const float* x, int64_t rows,
    int64_t d, const float* gamma, const float* beta, float epsilon, float* y, float* mean, float* rstd);
/** dx (rows,d) = rstd_i (g - mean_j g - xhat mean_j (g xhat)), g = gamma dy, xhat = (x - mean_i) rstd_i;
 *  dgamma (d) = sum_i dy xhat, dbeta (d) = sum_i dy. */
GRAMIAN_EXPORT gramian_status gramian_layer_norm_backward(gramian_context* context, const float* dy, const float* x,
    int64_t rows, int64_t d, const float* gamma, const float* mean, const float* rstd, float* dx, float* dgamma,
    float* dbeta);

/** y = x Phi(x), Phi(x) = (1 + erf(x / sqrt 2)) / 2, over count elements. y may be x. */
GRAMIAN_EXPORT gramian_status gramian_gelu_forward(gramian_context* context, const float* x, int64_t count, float* y);
/** dx = dy (Phi(x) + x phi(x)), phi(x) = exp(-x^2 / 2) / sqrt(2 pi). dx may be dy. */
GRAMIAN_EXPORT gramian_status gramian_gelu_backward(
    gramian_context* context, const float* x, const float* dy, int64_t count, float* dx);

/** Attention of b sequences of t tokens in h heads of e features. qkv (b,t,3,h,e): queries, keys and values of a token
 *  side by side. out (b,t,h,e) = softmax_j(scale <q_i, k_j>) v_j; log_sum (b,h,t) = log sum_j exp(scale <q_i, k_j>). */
GRAMIAN_EXPORT gramian_status gramian_attention_forward(gramian_context* context, const float* qkv, int64_t b,
    int64_t t, int64_t h, int64_t e, float scale, float* out, float* log_sum);
/** dqkv (b,t,3,h,e) from dout (b,t,h,e), with out and log_sum of the forward pass. */
GRAMIAN_EXPORT gramian_status gramian_attention_backward(gramian_context* context, const float* qkv, const float* out,
    const float* log_sum, const float* dout, int64_t b, int64_t t, int64_t h, int64_t e, float scale, float* dqkv);

GRAMIAN_EXTERN_C_END

#endif
