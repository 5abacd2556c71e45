// gemm: 2 m n k FLOP in tiles of c, each by single-threaded OpenBLAS. The tiles do not depend on the number of
// threads, so
// neither do the bits. 128 x 512: packing a and b costs 1 % of the tile's product, and batches of 256 still give two
// tiles.
#include "gramian/linear_algebra.h"

#include <cblas.h>

#include <algorithm>
#include <cstring>

#include "core/context.h"
#include "core/status.h"
#include "linalg/elementwise.h"

namespace {

constexpr int64_t kTileRows = 128;
constexpr int64_t kTileColumns = 512;

}  // namespace

gramian_status gramian_gemm(gramian_context* context, int32_t transpose_a, int32_t transpose_b, int64_t m, int64_t n,
    int64_t k, float alpha, const float* a, const float* b, float beta, float* c) {
  const int64_t tiles_m = (m + kTileRows - 1) / kTileRows;
  const int64_t tiles_n = (n + kTileColumns - 1) / kTileColumns;
  const int64_t lda = std::max<int64_t>(1, transpose_a ? m : k);
  const int64_t ldb = std::max<int64_t>(1, transpose_b ? k : n);
#pragma omp parallel for num_threads(context->threads) schedule(dynamic) if (tiles_m * tiles_n > 1)
  for (int64_t tile = 0; tile < tiles_m * tiles_n; ++tile) {
    const int64_t i = tile % tiles_m * kTileRows;
    const int64_t j = tile / tiles_m * kTileColumns;
    cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans,
        static_cast<int>(std::min(kTileRows, m - i)), static_cast<int>(std::min(kTileColumns, n - j)),
        static_cast<int>(k), alpha, a + (transpose_a ? i : i * k), static_cast<int>(lda),
        b + (transpose_b ? j * k : j), static_cast<int>(ldb), beta, c + i * n + j, static_cast<int>(n));
  }
  return GRAMIAN_OK;
}

gramian_status gramian_add(gramian_context* context, int64_t count, const float* x, const float* y, float* z) {
  GRAMIAN_SIMD(add)(context->threads, count, x, y, z);
  return GRAMIAN_OK;
}

gramian_status gramian_scale(gramian_context* context, int64_t count, float factor, const float* x, float* y) {
  GRAMIAN_SIMD(scale)(context->threads, count, factor, x, y);
  return GRAMIAN_OK;
}

gramian_status gramian_scale_by(
    gramian_context* context, int64_t count, const float* factor, const float* x, float* y) {
  GRAMIAN_SIMD(scale)(context->threads, count, factor[0], x, y);
  return GRAMIAN_OK;
}

gramian_status gramian_add_to_rows(
    gramian_context* context, int64_t rows, int64_t columns, const float* x, const float* bias, float* y) {
  GRAMIAN_SIMD(add_to_rows)(context->threads, rows, columns, x, bias, y);
  return GRAMIAN_OK;
}

gramian_status gramian_column_sums(
    gramian_context* context, int64_t rows, int64_t columns, const float* x, float* sums) {
  return gramian::guarded([&] {
    context->begin();
    double* partial = context->scratch<double>(gramian::reduction_chunks(rows) * columns);
    GRAMIAN_SIMD(column_sums)(context->threads, rows, columns, x, partial, sums);
  });
}

gramian_status gramian_copy_rows(gramian_context* context, int64_t rows, int64_t columns, const float* from,
    int64_t from_stride, float* to, int64_t to_stride) {
  const size_t bytes = static_cast<size_t>(columns) * sizeof(float);
  if (bytes == 0) return GRAMIAN_OK;
#pragma omp parallel for num_threads(context->threads) schedule(static) if (rows * columns > gramian::kParallelFrom)
  for (int64_t i = 0; i < rows; ++i) std::memcpy(to + i * to_stride, from + i * from_stride, bytes);
  return GRAMIAN_OK;
}

gramian_status gramian_permute_rows(gramian_context* context, int64_t rows, int64_t columns, const int32_t* order,
    int32_t back, const float* from, float* to) {
  const size_t bytes = static_cast<size_t>(columns) * sizeof(float);
  if (bytes == 0) return GRAMIAN_OK;
#pragma omp parallel for num_threads(context->threads) schedule(static) if (rows * columns > gramian::kParallelFrom)
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t other = order[i];
    std::memcpy(to + (back != 0 ? other : i) * columns, from + (back != 0 ? i : other) * columns, bytes);
  }
  return GRAMIAN_OK;
}
