// What an evaluation on frozen features needs: nearest rows (kNN) and multinomial logistic regression (linear probe).
#ifndef GRAMIAN_PROBE_H
#define GRAMIAN_PROBE_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

/**
 * The k largest s_ij = <q_i, x_j> + bias_j of each query: index (m,k) and score (m,k), best first, equal scores by
 * index. queries (m,d), keys (n,d), bias (n) or null for none. With bias_j = -|x_j|^2 / 2 these are the nearest keys by
 * Euclidean distance. NaN and -infinity are never chosen: places that no key takes hold index -1 and score -infinity.
 */
GRAMIAN_EXPORT gramian_status gramian_nearest_rows(gramian_context* context, int64_t m, int64_t n, int64_t d,
    const float* queries, const float* keys, const float* bias, int64_t k, int32_t* index, float* score);
/**
 * Multinomial logistic regression: p_i = softmax(x_i W + b), loss = -mean_i log p_i[label_i].
 * x (n,d), labels (n) in [0,c), w (d,c), b (c). Writes the mean loss (1) and the number of rows whose largest logit is
 * the label's (1; ties to the smallest class), both to the device's memory; and the gradients dw (d,c), db (c) of the
 * mean loss, unless dw is null. n is at least 1.
 */
GRAMIAN_EXPORT gramian_status gramian_softmax_regression(gramian_context* context, int64_t n, int64_t d, int64_t c,
    const float* x, const int32_t* labels, const float* w, const float* b, double* loss, int64_t* correct, float* dw,
    float* db);

GRAMIAN_EXTERN_C_END

#endif
