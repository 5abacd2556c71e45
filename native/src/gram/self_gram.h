// The Gram loop of a matrix with itself: g_ij = <u_i, u_j>, one triangle of tiles, nothing of size count^2 in memory.
//
// A loss is an epilogue, which the loop calls with tiles of G (I,J), I <= J, row-major, stride floats apart:
//
//   float masked() const;   what stands in for entries that are no part of the loss: -inf under an exponential, 0 under a sum
//   void fold(thread, i, j, tile, stride);    adds the tile to statistics of the items of I and (when J is another block,
//                                             by symmetry) of J
//   void weigh(thread, i, j, tile, stride);   overwrites the tile with W_ij = W_ji = dL/dg_ij + dL/dg_ji, which must be 0 (or
//                                             NaN) where masked
//
// forward:   tile = U_I U_J^T, mask, fold.                                          count^2 d FLOP (the triangle)
// backward:  tile again, mask, weigh, dU_I += W U_J, dU_J += W^T U_I.             3 count^2 d FLOP
// Memory: one tile per thread. The caller keeps O(count) statistics. Masks come before statistics: an entry outside the
// matrix or of an excluded pair never reaches a sum or a maximum. Results do not depend on the thread count (rounds.h).
//
// Two towers, a queue: the same epilogues fit rectangular_rounds over Items of two matrices, where fold sees row and column
// statistics of different matrices, and weigh gives W_ij = dL/dg_ij.
#pragma once

#include "gram/rounds.h"

namespace gramian {

// Items per block: 256 floats by 256 make a tile of 256 KiB, half of a small L2; smaller for small problems, so that rounds
// have work for several cores. Depends on the size of the problem only.
inline int64_t self_gram_block(int64_t count) {
  const int64_t eighth = (count / 8 + 31) / 32 * 32;
  return std::min<int64_t>(256, std::max<int64_t>(32, eighth));
}

// Pairs that are no part of a contrastive sum: every item with itself, and with its positive, half the items away.
inline void mask_self_and_positive(int64_t count, Range i, Range j, float masked, float* tile, int64_t stride) {
  for (int64_t k = 0; k < i.size; ++k) {
    const int64_t item = i.begin + k;
    const int64_t positive = item < count / 2 ? item + count / 2 : item - count / 2;
    const int64_t excluded[] = {item, positive};
    for (const int64_t other : excluded) {
      if (other >= j.begin && other < j.begin + j.size) tile[k * stride + (other - j.begin)] = masked;
    }
  }
}

struct SelfGram {
  int threads;
  Items<const float> u;
  Blocks blocks;
  float* tiles;  // threads * tile_size floats

  static int64_t tile_size(int64_t count) { return self_gram_block(count) * self_gram_block(count); }
  SelfGram(int threads_, const Items<const float>& u_, float* tiles_)
      : threads(threads_), u(u_), blocks(u_.count, self_gram_block(u_.count)), tiles(tiles_) {}

  template <typename Epilogue>
  float* masked_tile(int thread, Range i, Range j, const Epilogue& epilogue) const {
    float* tile = tiles + thread * tile_size(u.count);
    gram_tile(u, i, u, j, tile, j.size);
    mask_self_and_positive(u.count, i, j, epilogue.masked(), tile, j.size);
    return tile;
  }

  template <typename Epilogue>
  void forward(const Epilogue& epilogue) const {
    symmetric_rounds(threads, blocks, [&](int thread, Range i, Range j) {
      epilogue.fold(thread, i, j, masked_tile(thread, i, j, epilogue), j.size);
    });
  }

  // du += W U; the caller clears du before.
  template <typename Epilogue>
  void backward(const Epilogue& epilogue, const Items<float>& du) const {
    symmetric_rounds(threads, blocks, [&](int thread, Range i, Range j) {
      float* tile = masked_tile(thread, i, j, epilogue);
      epilogue.weigh(thread, i, j, tile, j.size);
      add_to_rows(1, tile, j.size, i, u, j, du);
      if (i.begin != j.begin) add_to_columns(1, tile, j.size, u, i, j, du);
    });
  }
};

}  // namespace gramian
