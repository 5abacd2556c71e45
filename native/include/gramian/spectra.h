// Singular values and spreads of embeddings: the signs of collapse.
#ifndef GRAMIAN_SPECTRA_H
#define GRAMIAN_SPECTRA_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

/**
 * values (min(n,d)), descending: the singular values of z (n,d) after dividing each row by its norm (normalize) and
 * then subtracting the column means (center). All NaN when z has NaN or infinite entries.
 */
GRAMIAN_EXPORT gramian_status gramian_singular_values(gramian_context* context, int64_t n, int64_t d, const float* z,
    int32_t normalize, int32_t center, double* values);
/** The same for each slice of z (batch,n,d): values (batch, min(n,d)). */
GRAMIAN_EXPORT gramian_status gramian_singular_values_batch(gramian_context* context, int64_t batch, int64_t n,
    int64_t d, const float* z, int32_t normalize, int32_t center, double* values);
/** values (batch,d), descending: the eigenvalues of symmetric s (batch,d,d), of which the lower triangles are read. */
GRAMIAN_EXPORT gramian_status gramian_eigenvalues(
    gramian_context* context, int64_t batch, int64_t d, const float* s, double* values);
/**
 * norms (2): trace and squared Frobenius norm of the Gram of z (n,d), prepared as for gramian_singular_values: the sum
 * of its eigenvalues and that of their squares, without eigenvalues. side: GRAMIAN_GRAM_*.
 */
GRAMIAN_EXPORT gramian_status gramian_gram_norms(gramian_context* context, int64_t n, int64_t d, const float* z,
    int32_t normalize, int32_t center, int32_t side, double* norms);
/** deviations (d): unbiased standard deviation of each column, of unit rows when normalize; 0 for n < 2. */
GRAMIAN_EXPORT gramian_status gramian_column_deviations(
    gramian_context* context, int64_t n, int64_t d, const float* z, int32_t normalize, double* deviations);

GRAMIAN_EXTERN_C_END

#endif
