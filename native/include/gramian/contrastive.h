// Contrastive losses beside NT-Xent. Rows are embeddings; formulas: gramian/epilogue/*.h. Gradients may be null: then
// only the loss is computed. `stride` is the distance between rows of which the first d elements count; gradients
// have the same stride and zeros beyond d.
#ifndef GRAMIAN_CONTRASTIVE_H
#define GRAMIAN_CONTRASTIVE_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

/**
 * InfoNCE between paired rows of x and y (n, stride): row i of x is to find row i of y among all rows of y and, if
 * symmetric, the other way round; the mean of both then. unit: rows are normalised inside. result (2) receives the loss
 * and dL / d log(1 / temperature). dx, dy (n, stride) receive the gradients.
 */
GRAMIAN_EXPORT gramian_status gramian_info_nce(gramian_context* context, int64_t n, int64_t d, int64_t stride,
    const float* x, const float* y, float temperature, int32_t unit, int32_t symmetric, double* result, float* dx,
    float* dy);

/**
 * NT-Xent of any number of views z[v] (n, stride) with all positives summed inside the logarithm. dz: array of
 * gradients (n, stride), or null. With two views this is NT-Xent.
 */
GRAMIAN_EXPORT gramian_status gramian_multi_view_nt_xent(gramian_context* context, int64_t views, int64_t n,
    int64_t d, int64_t stride, const gramian_input* z, float temperature, double* loss, const gramian_output* dz);

/**
 * DCL of two views (n,d), n >= 2; weighted: DCLW. authors: rows are not normalised, only the first view's are
 * anchors, and gradients flow through the weights; otherwise as in lightly. sigma is read when weighted.
 */
GRAMIAN_EXPORT gramian_status gramian_dcl(gramian_context* context, int64_t n, int64_t d, const float* za,
    const float* zb, float temperature, float sigma, int32_t weighted, int32_t authors, double* loss, float* dza,
    float* dzb);

// The square of the cosine.
#define GRAMIAN_SIMILARITY_SQUARE 1
// Its magnitude.
#define GRAMIAN_SIMILARITY_ABSOLUTE 2

/**
 * NT-Xent (kept) or DCL (not kept, n >= 2) of two views (n,d) that repels by a similarity without sign; replaced:
 * attracts by it too.
 */
GRAMIAN_EXPORT gramian_status gramian_unsigned_contrastive(gramian_context* context, int64_t n, int64_t d,
    const float* za, const float* zb, float temperature, int32_t similarity, int32_t replaced, int32_t kept,
    double* loss, float* dza, float* dzb);

/**
 * Spectral contrastive loss of two views (n,d), n >= 2, rows cut to norm sqrt(mu). side: which Grams are visited
 * (GRAMIAN_GRAM_FEATURES, GRAMIAN_GRAM_SAMPLES of covariance.h).
 */
GRAMIAN_EXPORT gramian_status gramian_spectral_contrastive(gramian_context* context, int64_t n, int64_t d,
    const float* za, const float* zb, float mu, int32_t side, double* loss, float* dza, float* dzb);

/**
 * weight times the mean InfoNCE of queries q (n,d) against their positives in k (keys,d), row match[i] or, without
 * match, row i, and the rows of a queue (length,d). q and k are normalised inside, the queue is taken as it is. dq
 * (n,d) receives the gradient; keys and queue have none.
 */
GRAMIAN_EXPORT gramian_status gramian_queue_info_nce(gramian_context* context, int64_t n, int64_t keys, int64_t length,
    int64_t d, const float* q, const float* k, const int32_t* match, const float* queue, float temperature,
    float weight, double* loss, float* dq);

/** One direction of MoCo v3: 2 temperature times the InfoNCE of queries q (n,d) with the keys k (n,d). */
GRAMIAN_EXPORT gramian_status gramian_moco_v3(gramian_context* context, int64_t n, int64_t d, const float* q,
    const float* k, float temperature, double* loss, float* dq);

/**
 * Rows of a and b (n cells, channels) are cells of n feature maps; match (n cells) receives for each cell of a the
 * row of b, among the cells of the same image, with the largest cosine; the first of equals.
 */
GRAMIAN_EXPORT gramian_status gramian_dense_match(gramian_context* context, int64_t n, int64_t cells,
    int64_t channels, const float* a, const float* b, int32_t* match);

GRAMIAN_EXTERN_C_END

#endif
