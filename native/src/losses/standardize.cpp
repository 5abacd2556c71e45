#include "losses/standardize.h"

#include "core/context.h"
#include "core/status.h"
#include "gramian/covariance.h"

namespace {

using gramian::Blocks;
using gramian::Range;

}  // namespace

gramian_status gramian_standardize_columns(
    gramian_context* context, int64_t n, int64_t d, const float* z, float eps, float* u, float* mean, float* rstd) {
  gramian::for_each_block(context->threads, Blocks(d, gramian::kColumnBlock), [&](int, Range c) {
    double means[gramian::kWidestBlock];
    gramian::standardize_block(n, c.size, z + c.begin, d, eps, u + c.begin, d, means, rstd + c.begin);
    for (int64_t j = 0; j < c.size; ++j) mean[c.begin + j] = static_cast<float>(means[j]);
  });
  return GRAMIAN_OK;
}

gramian_status gramian_standardize_columns_backward(
    gramian_context* context, int64_t n, int64_t d, const float* u, const float* rstd, const float* du, float* dz) {
  gramian::for_each_block(context->threads, Blocks(d, gramian::kColumnBlock), [&](int, Range c) {
    gramian::unstandardize_block(n, c.size, du + c.begin, d, u + c.begin, d, rstd + c.begin, nullptr, dz + c.begin, d);
  });
  return GRAMIAN_OK;
}

gramian_status gramian_center_columns(
    gramian_context* context, int64_t n, int64_t d, const float* z, float* c, float* mean, float* variance) {
  gramian::for_each_block(context->threads, Blocks(d, gramian::kColumnBlock), [&](int, Range block) {
    double means[gramian::kWidestBlock];
    double squares[gramian::kWidestBlock];
    float* x = c + block.begin;
    GRAMIAN_SIMD(columns_load)(n, block.size, z + block.begin, d, x, d, means);
    for (int64_t j = 0; j < block.size; ++j) means[j] /= static_cast<double>(n);
    GRAMIAN_SIMD(columns_center)(n, block.size, means, x, d, squares);
    for (int64_t j = 0; j < block.size; ++j) {
      mean[block.begin + j] = static_cast<float>(means[j]);
      variance[block.begin + j] = static_cast<float>(squares[j] / static_cast<double>(n - 1));
    }
  });
  return GRAMIAN_OK;
}
