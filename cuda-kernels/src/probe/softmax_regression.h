// What gramian_softmax_regression computes, with the length of a stretch of rows as a setting.
#pragma once

#include "core/context.h"

namespace gramian {

struct SoftmaxRegression {
  int64_t n, d, c;
  const float* x;         // (n, d)
  const int32_t* labels;  // (n)
  const float* w;         // (d, c)
  const float* b;         // (c)
  double* loss;           // (1)
  int64_t* correct;       // (1)
  float* dw;              // (d, c), or null for no gradient
  float* db;              // (c)
};

void softmax_regression(gramian_context* context, const SoftmaxRegression& of, int64_t most_rows);

}  // namespace gramian
