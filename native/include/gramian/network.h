// Layers of convolutional networks. Activations are (n,h,w,c), weights (out,kernel_h,kernel_w,in), row-major, float32.
#ifndef GRAMIAN_NETWORK_H
#define GRAMIAN_NETWORK_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

/** y (n,oh,ow,k) = x (n,h,w,c) convolved with weights (k,kernel_h,kernel_w,c) plus bias (k, or null);
 *  oh = (h + 2 padding - kernel_h) / stride + 1, likewise ow. */
GRAMIAN_EXPORT gramian_status gramian_convolution_forward(gramian_context* context, int64_t n, int64_t h, int64_t w,
    int64_t c, int64_t k, int64_t kernel_h, int64_t kernel_w, int64_t stride, int64_t padding, const float* x,
    const float* weights, const float* bias, float* y);
/** dx (n,h,w,c) from dy (n,oh,ow,k). */
GRAMIAN_EXPORT gramian_status gramian_convolution_backward_data(gramian_context* context, int64_t n, int64_t h,
    int64_t w, int64_t c, int64_t k, int64_t kernel_h, int64_t kernel_w, int64_t stride, int64_t padding,
    const float* weights, const float* dy, float* dx);
/** dweights (k,kernel_h,kernel_w,c) from x and dy. */
GRAMIAN_EXPORT gramian_status gramian_convolution_backward_weights(gramian_context* context, int64_t n, int64_t h,
    int64_t w, int64_t c, int64_t k, int64_t kernel_h, int64_t kernel_w, int64_t stride, int64_t padding,
    const float* x, const float* dy, float* dweights);

/** Batch normalisation of x (rows,c) by its own column statistics: y = gamma (x - mean) rstd + beta (+ residual),
 *  then ReLU
 *  when relu is not 0. rstd = 1 / sqrt(biased variance + eps). gamma, beta, residual, running_mean may be null;
 * otherwise
 *  running += momentum (batch - running), with the unbiased variance. */
GRAMIAN_EXPORT gramian_status gramian_batch_norm_forward(gramian_context* context, int64_t rows, int64_t c,
    const float* x, const float* gamma, const float* beta, const float* residual, float eps, float momentum,
    int32_t relu, float* running_mean, float* running_variance, float* y, float* mean, float* rstd);
/** The same with given mean (c) and variance (c); rstd (c) is written. */
GRAMIAN_EXPORT gramian_status gramian_batch_norm_evaluate(gramian_context* context, int64_t rows, int64_t c,
    const float* x, const float* gamma, const float* beta, const float* residual, const float* mean,
    const float* variance, float eps, int32_t relu, float* y, float* rstd);
/** Gradient of both: dx (may be dy when dresidual is not dy), dgamma (c), dbeta (c), and the gradient after the ReLU
 *  in dresidual (null without
 *  residual; may be dy). y is only read with relu and residual. Statistics are constants unless batch_statistics is
 * not 0. */
GRAMIAN_EXPORT gramian_status gramian_batch_norm_backward(gramian_context* context, int64_t rows, int64_t c,
    const float* x, const float* y, const float* gamma, const float* beta, const float* mean, const float* rstd,
    int32_t relu, int32_t batch_statistics, const float* dy, float* dx, float* dgamma, float* dbeta, float* dresidual);

/** y = max(x, 0) over count elements; NaN stays. y may be x. */
GRAMIAN_EXPORT gramian_status gramian_relu_forward(gramian_context* context, int64_t count, const float* x, float* y);
/** dx = dy where y > 0 or y is NaN, else 0. dx may be dy. */
GRAMIAN_EXPORT gramian_status gramian_relu_backward(
    gramian_context* context, int64_t count, const float* y, const float* dy, float* dx);

/** y (n,oh,ow,c) = maximum over size x size windows of x (n,h,w,c); the first of equals wins, NaN wins over all. tap
 *  receives
 *  the place in the window, row by row. */
GRAMIAN_EXPORT gramian_status gramian_max_pool_forward(gramian_context* context, int64_t n, int64_t h, int64_t w,
    int64_t c, int64_t size, int64_t stride, int64_t padding, const float* x, float* y, uint8_t* tap);
/** dx (n,h,w,c) from dy (n,oh,ow,c) and tap. */
GRAMIAN_EXPORT gramian_status gramian_max_pool_backward(gramian_context* context, int64_t n, int64_t h, int64_t w,
    int64_t c, int64_t size, int64_t stride, int64_t padding, const uint8_t* tap, const float* dy, float* dx);
/** y (n,oh,ow,c) = mean over size_h x size_w windows of x (n,h,w,c), without padding; oh = (h - size_h) / stride + 1.
 *  */
GRAMIAN_EXPORT gramian_status gramian_average_pool_forward(gramian_context* context, int64_t n, int64_t h, int64_t w,
    int64_t c, int64_t size_h, int64_t size_w, int64_t stride, const float* x, float* y);
/** dx (n,h,w,c) from dy (n,oh,ow,c). */
GRAMIAN_EXPORT gramian_status gramian_average_pool_backward(gramian_context* context, int64_t n, int64_t h, int64_t w,
    int64_t c, int64_t size_h, int64_t size_w, int64_t stride, const float* dy, float* dx);

GRAMIAN_EXTERN_C_END

#endif
