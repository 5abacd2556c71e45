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
/** deviations (d): unbiased standard deviation of each column, of unit rows when normalize; 0 for n < 2. */
GRAMIAN_EXPORT gramian_status gramian_column_deviations(
    gramian_context* context, int64_t n, int64_t d, const float* z, int32_t normalize, double* deviations);

GRAMIAN_EXTERN_C_END

#endif
