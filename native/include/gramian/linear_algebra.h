// Matrix products and sums on matrices of any size.
#ifndef GRAMIAN_LINEAR_ALGEBRA_H
#define GRAMIAN_LINEAR_ALGEBRA_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

/** c (m,n) = alpha op(a) op(b) + beta c; op(a) is (m,k), op(b) is (k,n). A matrix whose flag is not 0 is stored
 *  transposed.
 *  With beta 0, c is only written. */
GRAMIAN_EXPORT gramian_status gramian_gemm(gramian_context* context, int32_t transpose_a, int32_t transpose_b,
    int64_t m,
    int64_t n, int64_t k, float alpha, const float* a, const float* b, float beta, float* c);
/** z = x + y over count elements; z may be x or y. */
GRAMIAN_EXPORT gramian_status gramian_add(
    gramian_context* context, int64_t count, const float* x, const float* y, float* z);
/** y = factor x over count elements; y may be x. */
GRAMIAN_EXPORT gramian_status gramian_scale(
    gramian_context* context, int64_t count, float factor, const float* x, float* y);
/** y = factor[0] x over count elements, with the factor in device memory; y may be x. */
GRAMIAN_EXPORT gramian_status gramian_scale_by(
    gramian_context* context, int64_t count, const float* factor, const float* x, float* y);
/** y (rows,columns) = x + bias (columns) in each row; y may be x. */
GRAMIAN_EXPORT gramian_status gramian_add_to_rows(
    gramian_context* context, int64_t rows, int64_t columns, const float* x, const float* bias, float* y);
/** sums (columns) of x (rows,columns). */
GRAMIAN_EXPORT gramian_status gramian_column_sums(
    gramian_context* context, int64_t rows, int64_t columns, const float* x, float* sums);
/** to[i * to_stride + j] = from[i * from_stride + j] for i below rows and j below columns. A from_stride of 0 repeats a
 *  row. */
GRAMIAN_EXPORT gramian_status gramian_copy_rows(gramian_context* context, int64_t rows, int64_t columns,
    const float* from, int64_t from_stride, float* to, int64_t to_stride);
/** to[i] = from[order[i]] for the rows i of two matrices (rows,columns), or, if back is not 0, to[order[i]] = from[i];
 *  order (rows) has each of 0 .. rows-1 once. */
GRAMIAN_EXPORT gramian_status gramian_permute_rows(gramian_context* context, int64_t rows, int64_t columns,
    const int32_t* order, int32_t back, const float* from, float* to);

GRAMIAN_EXTERN_C_END

#endif
