// The operands of a Gram matrix, and the three products of its tiles.
//
// A Gram matrix G (m,n) has entries g_ij = <x_i, y_j>. The items x_i are the rows of a row-major matrix (samples), or
// its columns (features), read where they lie: there is no transposed copy. A tile is the part of G for m' consecutive
// items of X and n' of Y, row-major, small enough for the L2 cache of one core; it is made, folded or turned into
// weights by a loss, and forgotten. Weights W = dL/dG go back to the items:  dX = W Y,  dY = W^T X.
//
//   gram_tile(x, {i, m}, y, {j, n}, tile, n);              tile  = X_I Y_J^T              2 m n length FLOP
//   add_to_rows(alpha, tile, n, {i, m}, y, {j, n}, dx);    dX_I += alpha tile   Y_J       2 m n length FLOP
//   add_to_columns(alpha, tile, n, x, {i, m}, {j, n}, dy); dY_J += alpha tile^T X_I       2 m n length FLOP
//
// Each is one single-threaded OpenBLAS product: call them from as many threads as there are tiles (rounds.h). Where the
// same operand meets many tiles, pack it once instead (panels.h, self_gram.h).
#pragma once

#include <cblas.h>

#include <cstdint>

namespace gramian {

// C (m,n) = alpha op(A) op(B) + beta C on the calling thread; op(A) is (m,k), op(B) is (k,n); row-major. Nothing when
// empty.
inline void gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
    int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc) {
  if (m == 0 || n == 0) return;
  cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans,
      static_cast<blasint>(m), static_cast<blasint>(n), static_cast<blasint>(k), alpha, a, static_cast<blasint>(lda), b,
      static_cast<blasint>(ldb), beta, c, static_cast<blasint>(ldc));
}

// Consecutive items.
struct Range {
  int64_t begin;
  int64_t size;
};

// count vectors of the same length inside a row-major matrix whose rows are stride elements apart (const float or
// float).
template <typename Float>
struct Items {
  Float* data;
  int64_t count;   // how many items
  int64_t length;  // elements of one item
  int64_t stride;  // elements between rows of the matrix
  bool columns;    // items are columns (features) instead of rows (samples)

  Float* at(int64_t item) const { return columns ? data + item : data + item * stride; }
};

// The rows of z (n,d): n items of length d.
template <typename Float>
Items<Float> rows_of(Float* z, int64_t n, int64_t d) {
  return {z, n, d, d, false};
}

// The columns of z (n,d): d items of length n.
template <typename Float>
Items<Float> columns_of(Float* z, int64_t n, int64_t d) {
  return {z, d, n, d, true};
}

// tile (I,J) = X_I Y_J^T; x and y lie the same way.
inline void gram_tile(
    const Items<const float>& x, Range i, const Items<const float>& y, Range j, float* tile, int64_t stride) {
  gemm(x.columns, !x.columns, i.size, j.size, x.length, 1, x.at(i.begin), x.stride, y.at(j.begin), y.stride, 0, tile,
      stride);
}

// dX_I += alpha W Y_J for a tile W (I,J).
inline void add_to_rows(float alpha, const float* w, int64_t stride, Range i, const Items<const float>& y, Range j,
    const Items<float>& dx) {
  if (dx.columns) {  // dX^T (length,I) += Y^T (length,J) W^T
    gemm(false, true, y.length, i.size, j.size, alpha, y.at(j.begin), y.stride, w, stride, 1, dx.at(i.begin),
        dx.stride);
  } else {
    gemm(false, false, i.size, y.length, j.size, alpha, w, stride, y.at(j.begin), y.stride, 1, dx.at(i.begin),
        dx.stride);
  }
}

// dY_J += alpha W^T X_I for a tile W (I,J).
inline void add_to_columns(float alpha, const float* w, int64_t stride, const Items<const float>& x, Range i, Range j,
    const Items<float>& dy) {
  if (dy.columns) {  // dY^T (length,J) += X^T (length,I) W
    gemm(false, false, x.length, j.size, i.size, alpha, x.at(i.begin), x.stride, w, stride, 1, dy.at(j.begin),
        dy.stride);
  } else {
    gemm(true, false, j.size, x.length, i.size, alpha, w, stride, x.at(i.begin), x.stride, 1, dy.at(j.begin),
        dy.stride);
  }
}

}  // namespace gramian
