// The feature Gram of one matrix, C = alpha z^T z for z (n,d), under a loss that is not a sum of squares: two passes.
//
//   FeatureFold gram(context, n, d, alpha, masked, backward);
//   gram.forward(z, fold);                 fold(i, j, tile): statistics of the items i and, where j is another tile, j
//   gram.backward(z, weigh, dz, finish);   weigh(i, j, tile): tile becomes W_ij = dL/dC_ij + dL/dC_ji; dz = alpha z W
//
// Tiles lie on or above the diagonal, j.begin >= i.begin; diagonal entries read `masked`, and their W must be 0 there.
// A strip of kStrip rows of C lives at a time, never d x d; without a backward pass, a tile of each thread. n d^2 FLOP
// forward, 3 n d^2 backward; up to d = kStrip the
// backward pass finds the tiles of the forward pass and makes do with 2 n d^2. The partition depends on d alone.
#pragma once

#include "core/context.h"
#include "gram/feature_gram.h"
#include "gram/rounds.h"

namespace gramian {

// A tile of C: element (k, l) of rows i, columns j at data[k * ld + l].
struct GramTile {
  Range i, j;
  float* data;
  int64_t ld;
  bool diagonal() const { return i.begin == j.begin; }
};

class FeatureFold {
 public:
  FeatureFold(gramian_context* context, int64_t n, int64_t d, float alpha, float masked, bool backward);

  // Items of a tile: block i is [i * tile(), ...).
  int64_t tile() const { return tile_; }
  int64_t tiles() const { return Blocks(d_, tile_).count(); }

  template <typename Fold>
  void forward(Panel z, const Fold& fold) {
    for (int64_t s = 0; s < strips_.count(); ++s) visit(z, strips_[s], true, fold);
    kept_ = strips_.count() == 1;
  }

  // finish(rows) once these rows of dz are complete, while they are in the cache.
  template <typename Weigh, typename Finish>
  void backward(Panel z, const Weigh& weigh, float* dz, const Finish& finish) {
    for (int64_t s = 0; s < strips_.count(); ++s) {
      const Range strip = strips_[s];
      visit(z, strip, !kept_, [&](const GramTile& tile) {
        weigh(tile);
        mirror(strip, tile);
      });
      multiply(z, strip, dz, finish);
    }
    kept_ = false;
  }

 private:
  template <typename Body>
  void visit(Panel z, Range strip, bool make, const Body& body) {
    const Blocks rows(strip.size, tile_);
    const Blocks columns(d_ - strip.begin, tile_);
    for_each_block(threads_, Blocks(rows.count() * columns.count(), 1), [&](int thread, Range task) {
      const int64_t ti = task.begin / columns.count();
      const int64_t tj = task.begin % columns.count();
      if (tj < ti) return;
      Range i = rows[ti];
      Range j = columns[tj];
      i.begin += strip.begin;
      j.begin += strip.begin;
      float* at = backward_ ? gram_ + (i.begin - strip.begin) * ld_ + j.begin : gram_ + thread * tile_ * ld_;
      const GramTile tile{i, j, at, ld_};
      if (make) fill(z, tile);
      body(tile);
    });
  }

  // dz (+)= alpha z W: columns of the strip gather from all later ones, later ones gather from the strip.
  template <typename Finish>
  void multiply(Panel z, Range strip, float* dz, const Finish& finish) {
    const float beta = strip.begin == 0 ? 0 : 1;
    const int64_t end = strip.begin + strip.size;
    for_each_block(threads_, rows_, [&](int, Range r) {
      const float* from = z.data + r.begin * z.ld;
      float* to = dz + r.begin * d_;
      gemm(false, true, r.size, strip.size, d_ - strip.begin, alpha_, from + strip.begin, z.ld, gram_ + strip.begin,
          ld_, beta, to + strip.begin, d_);
      gemm(false, false, r.size, d_ - end, strip.size, alpha_, from + strip.begin, z.ld, gram_ + end, ld_, beta,
          to + end, d_);
      if (end == d_) finish(r);
    });
  }

  void fill(Panel z, const GramTile& tile) const;
  void mirror(Range strip, const GramTile& tile) const;

  int threads_;
  int64_t n_, d_;
  float alpha_, masked_;
  bool backward_;
  Blocks strips_, rows_;
  int64_t tile_, ld_;
  float* gram_;  // (kStrip, d), or (threads, tile, tile); rows ld_ apart
  bool kept_ = false;
};

}  // namespace gramian
