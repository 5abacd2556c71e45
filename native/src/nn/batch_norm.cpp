// Batch normalisation: statistics, running statistics and gradients around the kernels.
#include "nn/batch_norm.h"

#include <cmath>

#include "core/context.h"
#include "core/status.h"
#include "gramian/network.h"
#include "linalg/elementwise.h"

namespace {

struct Running {
  float momentum;
  float* mean;      // null: none are kept
  float* variance;
};

void finish_statistics(int64_t rows, int64_t c, float eps, const double* batch_mean, const double* deviations,
    const Running& running, float* mean, float* rstd) {
  for (int64_t j = 0; j < c; ++j) {
    mean[j] = static_cast<float>(batch_mean[j]);
    rstd[j] = static_cast<float>(1 / std::sqrt(deviations[j] / static_cast<double>(rows) + eps));
    if (running.mean == nullptr) continue;
    // the unbiased variance, as PyTorch keeps it
    const double unbiased = deviations[j] / static_cast<double>(rows - 1);
    running.mean[j] += running.momentum * (mean[j] - running.mean[j]);
    running.variance[j] += running.momentum * (static_cast<float>(unbiased) - running.variance[j]);
  }
}

}  // namespace

gramian_status gramian_batch_norm_forward(gramian_context* context, int64_t rows, int64_t c, const float* x,
    const float* gamma, const float* beta, const float* residual, float eps, float momentum, int32_t relu,
    float* running_mean, float* running_variance, float* y, float* mean, float* rstd) {
  return gramian::guarded([&] {
    if (rows < 2) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "batch normalisation needs at least 2 values per channel");
    context->begin();
    float* partial = context->scratch<float>(gramian::reduction_chunks(rows) * 4 * c);
    double* moments = context->scratch<double>(2 * c);
    float* scale = context->scratch<float>(2 * c);
    GRAMIAN_SIMD(column_moments)(context->threads, rows, c, x, partial, moments, moments + c);
    finish_statistics(rows, c, eps, moments, moments + c, {momentum, running_mean, running_variance}, mean, rstd);
    const gramian::BatchNorm norm{rows, c, x, gamma, beta, mean, rstd, relu != 0};
    GRAMIAN_SIMD(batch_norm_apply)(context->threads, norm, residual, scale, y);
  });
}

gramian_status gramian_batch_norm_evaluate(gramian_context* context, int64_t rows, int64_t c, const float* x,
    const float* gamma, const float* beta, const float* residual, const float* mean, const float* variance, float eps,
    int32_t relu, float* y, float* rstd) {
  return gramian::guarded([&] {
    context->begin();
    float* scale = context->scratch<float>(2 * c);
    for (int64_t j = 0; j < c; ++j) rstd[j] = 1.0f / std::sqrt(variance[j] + eps);
    const gramian::BatchNorm norm{rows, c, x, gamma, beta, mean, rstd, relu != 0};
    GRAMIAN_SIMD(batch_norm_apply)(context->threads, norm, residual, scale, y);
  });
}

gramian_status gramian_batch_norm_backward(gramian_context* context, int64_t rows, int64_t c, const float* x,
    const float* y, const float* gamma, const float* beta, const float* mean, const float* rstd, int32_t relu,
    int32_t batch_statistics, const float* dy, float* dx, float* dgamma, float* dbeta, float* dresidual) {
  return gramian::guarded([&] {
    context->begin();
    float* partial = context->scratch<float>(gramian::reduction_chunks(rows) * 4 * c);
    float* means = context->scratch<float>(2 * c);
    float* scale = context->scratch<float>(2 * c);
    gramian::BatchNorm norm{rows, c, x, gamma, beta, mean, rstd, relu != 0};
    const float* read = dresidual == nullptr ? nullptr : y;
    GRAMIAN_SIMD(batch_norm_gradient_sums)(
        context->threads, norm, read, dy, dresidual, partial, scale, dbeta, dgamma);
    const double count = static_cast<double>(rows);
    for (int64_t j = 0; j < c; ++j) {
      means[j] = batch_statistics != 0 ? static_cast<float>(dbeta[j] / count) : 0.0f;
      means[c + j] = batch_statistics != 0 ? static_cast<float>(dgamma[j] / count) : 0.0f;
    }
    if (dresidual != nullptr) norm.relu = false;  // the mask is in dresidual already
    GRAMIAN_SIMD(batch_norm_gradient)(
        context->threads, norm, means, means + c, dresidual != nullptr ? dresidual : dy, scale, dx);
  });
}

gramian_status gramian_relu_forward(gramian_context* context, int64_t count, const float* x, float* y) {
  GRAMIAN_SIMD(relu_forward)(context->threads, count, x, y);
  return GRAMIAN_OK;
}

gramian_status gramian_relu_backward(
    gramian_context* context, int64_t count, const float* y, const float* dy, float* dx) {
  GRAMIAN_SIMD(relu_backward)(context->threads, count, y, dy, dx);
  return GRAMIAN_OK;
}
