// The d x d feature Gram of panels a, b (n,d), strip by strip: the cheap side when d <= n.
//
// A strip is kStrip rows of C = alpha a^T b: made tile by tile, folded into row and column sums of squares, turned into
// G = dL/dC in place, multiplied back onto the panels, and overwritten by the next: kStrip d floats, never d^2. For a
// value alone, a tile of each thread.
// L depends on C through  slope/2 sum_{i != j} C_ij^2  and its diagonal, so that G_ij = slope C_ij off the diagonal.
#pragma once

#include <cstring>

#include "core/context.h"
#include "gram/rounds.h"

namespace gramian {

// A view with its rows ld floats apart.
struct Panel {
  const float* data;
  int64_t ld;
};

class FeatureGram {
 public:
  // backward: whether gradients are wanted; views: how many panels self() gets.
  FeatureGram(gramian_context* context, int64_t n, int64_t d, bool backward, int views = 1);

  // Sum of C_ij^2 over i != j for C = alpha a^T b, one row and one column sum each (d). With gradients:
  // da (n,d) = alpha b G^T and db (n,d) = alpha a G, where G_ii = diagonal[i];  6 n d^2 FLOP, 2 n d^2 without.
  // before_a(columns) is called once the row sums of those columns are known; then finish_a(rows, columns) for each
  // block of da that is complete, while it is in the cache. The same for b.
  template <typename BeforeA, typename FinishA, typename BeforeB, typename FinishB>
  void pair(Panel a, Panel b, float alpha, float slope, const float* diagonal, double* row_squares,
      double* column_squares, float* da, float* db, BeforeA&& before_a, FinishA&& finish_a, BeforeB&& before_b,
      FinishB&& finish_b);

  // For each view z[v], squares[v] = the sum of C_ij^2 over i != j for C = z^T z; with gradients dz[v] (n,d) = z G with
  // G_ii = 0. Upper triangle only: n d^2 FLOP a view, and 2 n d^2 for dz. finish(view, rows) once these rows of dz are
  // complete. Views whose Grams are small are worked on together: three tiles keep two cores busy for the time of two,
  // six for that of three.
  template <typename Finish>
  void self(const Panel* z, float slope, float* const* dz, double* squares, Finish&& finish);

 private:
  void pair_strip(Range strip, Panel a, Panel b, float alpha, float slope, const float* diagonal);
  void self_strip(Range strip, const Panel* z, float slope, double* squares);
  void self_tile(int thread, Range strip, const Panel& z, float slope, int64_t ti, int64_t tj, int64_t view);
  // Where a thread makes the tile that begins at row i and column j of a strip: in its place, or in a place of its own.
  float* tile_at(int thread, int64_t view, int64_t i, int64_t j) const {
    return backward_ ? gram(view) + i * ld_ + j : gram_ + thread * tile_ * ld_;
  }
  float* gram(int64_t view) const { return gram_ + view * strips_.size() * ld_; }
  int64_t row_sums_size() const { return Blocks(d_, tile_).count() * strips_.size(); }
  int64_t column_sums_size() const { return Blocks(strips_.size(), tile_).count() * d_; }
  void clear_sums();

  int threads_;
  int64_t n_, d_;
  bool backward_;
  int views_, together_;
  Blocks strips_, rows_;
  int64_t tile_, ld_;
  float* gram_;          // (together, kStrip, d), or (threads, tile, tile); rows ld_ apart
  double* row_sums_;     // (together, tiles of d, kStrip)
  double* column_sums_;  // (together, tiles of a strip, d)
};

template <typename BeforeA, typename FinishA, typename BeforeB, typename FinishB>
void FeatureGram::pair(Panel a, Panel b, float alpha, float slope, const float* diagonal, double* row_squares,
    double* column_squares, float* da, float* db, BeforeA&& before_a, FinishA&& finish_a, BeforeB&& before_b,
    FinishB&& finish_b) {
  for (int64_t j = 0; j < d_; ++j) column_squares[j] = 0;
  for (int64_t s = 0; s < strips_.count(); ++s) {
    const Range strip = strips_[s];
    pair_strip(strip, a, b, alpha, slope, diagonal);
    for (int64_t i = 0; i < strip.size; ++i) {
      row_squares[strip.begin + i] = 0;
      for (int64_t t = 0; t < Blocks(d_, tile_).count(); ++t) {
        row_squares[strip.begin + i] += row_sums_[t * strips_.size() + i];
      }
    }
    for (int64_t t = 0; t < Blocks(strip.size, tile_).count(); ++t) {
      for (int64_t j = 0; j < d_; ++j) column_squares[j] += column_sums_[t * d_ + j];
    }
    if (!backward_) continue;
    const bool last = s + 1 == strips_.count();
    before_a(strip);
    if (last) before_b(Range{0, d_});
    for_each_block(threads_, rows_, [&](int, Range r) {
      float* da_block = da + r.begin * d_ + strip.begin;
      float* db_block = db + r.begin * d_;
      gemm(false, true, r.size, strip.size, d_, alpha, b.data + r.begin * b.ld, b.ld, gram_, ld_, 0, da_block, d_);
      finish_a(r, strip);
      gemm(false, false, r.size, d_, strip.size, alpha, a.data + r.begin * a.ld + strip.begin, a.ld, gram_, ld_,
          s == 0 ? 0 : 1, db_block, d_);
      if (last) finish_b(r, Range{0, d_});
    });
  }
}

template <typename Finish>
void FeatureGram::self(const Panel* z, float slope, float* const* dz, double* squares, Finish&& finish) {
  for (int first = 0; first < views_; first += together_) {
    for (int v = first; v < first + together_; ++v) squares[v] = 0;
    for (int64_t s = 0; s < strips_.count(); ++s) {
      const Range strip = strips_[s];
      self_strip(strip, z + first, slope, squares + first);
      if (!backward_) continue;
      const float beta = s == 0 ? 0 : 1;
      const int64_t end = strip.begin + strip.size;
      for_each_block(threads_, Blocks(together_ * rows_.count(), 1), [&](int, Range task) {
        const int64_t v = task.begin / rows_.count();
        const Range r = rows_[task.begin % rows_.count()];
        const Panel& view = z[first + v];
        const float* g = gram(v);
        const float* from = view.data + r.begin * view.ld;
        float* to = dz[first + v] + r.begin * d_;
        // columns of the strip gather from all later ones; later ones gather from the strip
        gemm(false, true, r.size, strip.size, d_ - strip.begin, 1, from + strip.begin, view.ld, g + strip.begin, ld_,
            beta, to + strip.begin, d_);
        gemm(false, false, r.size, d_ - end, strip.size, 1, from + strip.begin, view.ld, g + end, ld_, beta, to + end,
            d_);
        if (end == d_) finish(first + v, r);
      });
    }
  }
}

}  // namespace gramian
