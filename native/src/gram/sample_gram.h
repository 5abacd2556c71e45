// The n x n sample Gram K = X X^T of one or two views whose columns arrive in blocks: the cheap side when d > n.
//
//   SampleGram gram(context, n, d, views);
//   gram.accumulate(prepare);      prepare(columns, x) fills these columns of each view: x[view], rows stride() apart
//   gram.pair(0, 1)                <K_0, K_1>, float64 sum of float32 products
//   gram.times(view, w, x, ldx, p, ldp)    p (n,w) = K x;   times_right: p (m,n) = x K
//
// Of transposed views (columns of X^T are rows of X) the same is the feature Gram, where that is the small one.
//
// n^2 d FLOP a view (lower triangle), 2 n^2 w for each product. K is kept: n^2 floats, less than a view when d > n,
// and up to three partial copies of a small one. A view is never copied whole: its columns pass through a panel of
// about kPanel floats. The partition depends on the sizes alone.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>

#include "core/context.h"
#include "gram/columns.h"
#include "gram/rounds.h"

namespace gramian {

class SampleGram {
 public:
  SampleGram(gramian_context* context, int64_t n, int64_t d, int views);

  template <typename Prepare>
  void accumulate(Prepare&& prepare) {
    for (int64_t start = 0; start < d_; start += chunk_) {
      const int64_t width = std::min(chunk_, d_ - start);
      for_each_block(threads_, Blocks(width, slab_), [&](int, Range slab) {
        float* x[2] = {panel_[0] + slab.begin, views_ == 2 ? panel_[1] + slab.begin : nullptr};
        prepare(Range{start + slab.begin, slab.size}, x);
      });
      multiply(width);
    }
    merge();
  }

  int64_t stride() const { return stride_; }
  // Columns that prepare gets at once.
  int64_t slab() const { return slab_; }
  double pair(int one, int other) const;
  // p (n,w) = K_view x (n,w) on the calling thread.
  void times(int view, int64_t w, const float* x, int64_t ldx, float* p, int64_t ldp) const {
    gemm(false, false, n_, w, n_, 1, k_[view], n_, x, ldx, 0, p, ldp);
  }
  // p (m,n) = x (m,n) K_view on the calling thread.
  void times_right(int view, int64_t m, const float* x, int64_t ldx, float* p, int64_t ldp) const {
    gemm(false, false, m, n_, n_, 1, x, ldx, k_[view], n_, 0, p, ldp);
  }
  // Columns of one product with K: K is packed anew for each.
  Blocks backward_blocks() const;

 private:
  void multiply(int64_t width);
  void merge();

  int threads_;
  int64_t n_, d_;
  int views_;
  int64_t chunk_, slab_, stride_, parts_;
  float* panel_[2] = {nullptr, nullptr};  // (n, chunk)
  float* k_[2] = {nullptr, nullptr};      // (parts, n, n), lower triangles; after merge() the first is K, full
  double* row_sums_;                      // (n)
};

}  // namespace gramian
