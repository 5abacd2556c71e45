// The row kernels of losses with a softmax over similarities, around their two Gram loops (softmax_gram.h). A row i
// has a positive, which stays out of the loops: its similarity is a float64 dot product.
#pragma once

#include "gram/softmax_gram.h"

namespace gramian {

// What is known of a set of rows (count) after the first loop; names as in gramian/epilogue/nt_xent.h.
struct SoftmaxRows {
  int64_t count;
  float* shift;    // m_i
  float* inverse;  // w A_i = w / (N_i + E_i)
  float* miss;     // w N_i A_i
  double* loss;    // log(1 + N_i / E_i)
};

SoftmaxRows softmax_rows(gramian_context* context, int64_t count);

// positive (n) = <a_i, b_match(i)>, rows of width; match null: the row i.
void positives(gramian_context* context, int64_t n, int64_t width, const float* a, const float* b, const int32_t* match,
    double* positive);

// Fills rows from the sums of the loop; row i has positive i modulo `positives`. weight is w.
void row_statistics(gramian_context* context, const ExponentialSums& sums, int64_t positives, const double* positive,
    bool shifted, float temperature, float scale, double weight, const SoftmaxRows& rows);

// mean[0] = factor times the mean of x (count), 0 of nothing.
void mean_of(gramian_context* context, int64_t count, const double* x, double factor, double* mean);

// g_i = factor (sum over splits of weighted_i - (own_miss_i + other_miss_i) partner_match(i)), for n rows.
// Then dz_i = (g - u (u . g)) / norm + beta dz_i, and beta dz_i alone where the norm is at most eps; norm null: dz_i =
// g.
struct RowGradient {
  int64_t n, d, width;
  int splits;
  int64_t split_stride;   // floats from one split to the next
  const float* weighted;  // (splits, .., width), at the first of the n rows
  const float* u;         // (n, width)
  const float* partner;   // (.., width)
  const int32_t* match;   // (n), or null: the row i
  const float* own_miss;
  const float* other_miss;  // or null: 0
  const float* norm;
  float factor, eps, beta;
  int64_t stride;  // of dz; zeros from d on
  float* dz;
  double* along;  // (n) u . g, or null
};

void row_gradient(gramian_context* context, const RowGradient& of);

// log2(e) / tau: the kernels take exponentials to the base 2.
inline float exponent_scale(float temperature) { return static_cast<float>(1.4426950408889634 / temperature); }

}  // namespace gramian
