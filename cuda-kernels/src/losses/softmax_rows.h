// The row kernels of losses with a softmax over similarities, around their two Gram loops (softmax_gram.h). A row has
// one or more positives, which stay out of the loops: their similarities are float64 dot products.
#pragma once

#include "gram/softmax_gram.h"
#include "losses/normalize.h"

namespace gramian {

// What is known of a set of rows (count) after the first loop; names as in gramian/epilogue/nt_xent.h.
struct SoftmaxRows {
  int64_t count;
  float* shift;    // m_i
  float* inverse;  // factor of the exponentials in the gradient: A_i
  float* pull;     // what draws the row to its positive: N_i A_i
  double* loss;    // log(1 + N_i / E_i)
};

SoftmaxRows softmax_rows(gramian_context* context, int64_t count);

// positive (n) = <a_i, b_match(i)>, rows of width; match null: the row i.
void positives(gramian_context* context, int64_t n, int64_t width, const float* a, const float* b, const int32_t* match,
    double* positive);

// s (views n, views) = <u_i, u_p>, p the row of the same image in each view. u (views n, width).
void view_positives(
    gramian_context* context, int64_t views, int64_t n, int64_t width, const float* u, double* s);

// Fills rows of NT-Xent, each with its positive, from the sums of the loop.
void row_statistics(gramian_context* context, const ExponentialSums& sums, const double* positive, float temperature,
    float scale, const SoftmaxRows& rows);

// mean[0] = factor times the mean of x (count), 0 of nothing.
void mean_of(gramian_context* context, int64_t count, const double* x, double factor, double* mean);

// g_i = factor (sum over splits of weighted_i - what the positives of row i pull), for n rows. Then dz_i (stride, zeros
// from d on) = g taken back through the rule of the rows, + beta dz_i: (g - u (u . g)) / norm of unit rows.
struct RowGradient {
  int64_t n, d, width;
  int splits;
  int64_t split_stride;   // floats from one split to the next
  int64_t row_stride;     // and from one row to the next
  const float* weighted;  // (splits, .., row_stride), at the first of the n rows
  const float* u;         // (n, width)
  const float* norm;      // (n) of z, not read without a rule
  RowRule rule;
  float limit, factor, beta;
  int64_t stride;  // of dz
  float* dz;
  double* along;  // (n) u . g, or null
};

// One positive: (own_i + other_i) partner_match(i). match null: the row i; other null: 0.
struct PairPull {
  const float* partner;  // (.., width)
  const int32_t* match;
  const float* own;
  const float* other;
};

// The rows of the same image in the other views: sum over v of (pull_iv + pull_p(i,view)) u_p. The n rows of the call
// are those of one view.
struct ViewPull {
  int64_t views, view;
  const float* u;     // (views n, width)
  const float* pull;  // (views n, views)
};

// own_i partner_i - diagonal o u_i: a positive, and the diagonal of a feature Gram that weighted leaves out.
struct FeaturePull {
  const float* partner;   // (n, width)
  const float* own;       // (n)
  const float* u;         // (n, width)
  const float* diagonal;  // (d)
};

void row_gradient(gramian_context* context, const RowGradient& of, const PairPull& pull);
void row_gradient(gramian_context* context, const RowGradient& of, const FeaturePull& pull);
void row_gradient(gramian_context* context, const RowGradient& of, const ViewPull& pull);

// log2(e) / tau: the kernels take exponentials to the base 2.
inline float exponent_scale(float temperature) { return static_cast<float>(1.4426950408889634 / temperature); }

}  // namespace gramian
