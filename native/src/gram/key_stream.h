// The Gram loop of queries with keys that get no gradient: s_ij = <q_i, k_j>, queries (m,d), keys (n,d), one pass
// over the keys. Each block of keys meets a block of queries once: products, exponentials with a running maximum per
// query, and
//
//   shift_i = max_j s_ij,   sum_i = sum_j e_ij,   keys_i = sum_j e_ij k_j,   e_ij = exp((s_ij - shift_i) / tau)
//
// which is all that a softmax over keys needs for its value and its gradient. Raising a shift multiplies what was
// summed. The keys are cut into parts that are summed by themselves and merged in order: the cut depends on the sizes
// alone, so results do not depend on the thread count. Nothing of size m n is stored.
//
// 4 m n d FLOP with the sums of keys, 2 m n d without. Memory: packed queries; a tile, a packed block of keys per
// thread; (parts, m, d) sums, where parts is 32 at most and small for many queries.
#pragma once

#include <algorithm>
#include <limits>

#include "core/context.h"
#include "gram/panels.h"
#include "gram/rounds.h"
#include "losses/contrastive.h"

namespace gramian {

class KeyStream {
 public:
  // queries and keys stay in place as long as this lives. paired: key i is left out of the sums of query i.
  KeyStream(gramian_context* context, const float* queries, int64_t m, const float* keys, int64_t n, int64_t d,
      bool paired)
      : context_(context), queries_(queries), m_(m), keys_(keys), n_(n), d_(d), paired_(paired),
        width_(GRAMIAN_SIMD(panel_width)()), blocks_(m, kQueries),
        parts_(n, part_size(n, Blocks(m, kQueries).count())), items_(context->scratch<float>(padded(m) * d)) {}

  // Sums of each query, (m) each, and sum_j e_ij k_j, (m, stride()), which is null unless wanted.
  struct Sums {
    float* shift;
    double* sum;
    float* keys;
  };

  int64_t stride() const { return padded(d_); }

  Sums run(float scale, bool with_keys) const {
    GRAMIAN_SIMD(pack_item_panels)(context_->threads, m_, d_, queries_, items_);
    const int64_t parts = std::max<int64_t>(parts_.count(), 1);
    Sums all{context_->scratch<float>(parts * m_), context_->scratch<double>(parts * m_),
        with_keys ? context_->scratch<float>(parts * m_ * stride()) : nullptr};
    std::fill_n(all.shift, parts * m_, kNoShift);
    std::fill_n(all.sum, parts * m_, 0.0);
    if (with_keys) std::fill_n(all.keys, parts * m_ * stride(), 0.0f);
    // per thread: tile (kKeys, kQueries + 16), packed keys (kKeys, stride), change and partial (kQueries)
    const int64_t tile = kKeys * kTileStride;
    const int64_t each = tile + kKeys * stride() + 2 * kQueries;
    float* scratch = context_->scratch<float>(context_->threads * each);
    const int64_t tasks = blocks_.count() * parts_.count();
    for_each_block(context_->threads, Blocks(tasks, 1), [&](int thread, Range task) {
      float* own = scratch + thread * each;
      const int64_t part = task.begin / blocks_.count();
      const Range i = blocks_[task.begin % blocks_.count()];
      const int64_t at = part * m_ + i.begin;
      const Sums sums{all.shift + at, all.sum + at, with_keys ? all.keys + at * stride() : nullptr};
      one_part(scale, i, parts_[part], sums, own, own + tile, own + tile + kKeys * stride());
    });
    merge(scale, all);
    return all;
  }

 private:
  static constexpr int64_t kQueries = 256;  // packed, with their sums of keys, 256 KiB at d = 128: half an L2 cache
  static constexpr int64_t kKeys = 96;      // a tile of 96 x 256 and the keys take 144 KiB of the rest
  static constexpr int64_t kTileStride = kQueries + 16;  // rows do not share cache sets

  // About 32 tasks, of at least 1024 keys each.
  static int64_t part_size(int64_t n, int64_t query_blocks) {
    const int64_t parts = std::max<int64_t>(1, std::min<int64_t>(32 / std::max<int64_t>(query_blocks, 1), n / 1024));
    return std::max(kKeys, ((n + parts - 1) / parts + kKeys - 1) / kKeys * kKeys);
  }

  int64_t padded(int64_t columns) const { return (columns + width_ - 1) / width_ * width_; }

  void one_part(float scale, Range i, Range part, const Sums& sums, float* tile, float* packed, float* change) const {
    for (int64_t first = part.begin; first < part.begin + part.size; first += kKeys) {
      const Range j{first, std::min(kKeys, part.begin + part.size - first)};
      const float* block = keys_ + j.begin * d_;
      GRAMIAN_SIMD(panel_product)(false, j.size, padded(i.size) / width_, d_, block, d_, items_ + i.begin * d_,
          d_ * width_, false, tile, kTileStride);
      if (paired_) mask(i, j, tile);
      GRAMIAN_SIMD(contrastive_stream)(
          j.size, i.size, tile, kTileStride, scale, {sums.shift, sums.sum, nullptr}, change, change + kQueries);
      if (sums.keys == nullptr) continue;
      GRAMIAN_SIMD(pack_feature_panels)(1, j.size, d_, block, packed);
      for (int64_t q = 0; q < i.size; ++q) {
        if (change[q] == 1.0f) continue;
        for (int64_t k = 0; k < d_; ++k) sums.keys[q * stride() + k] *= change[q];
      }
      GRAMIAN_SIMD(panel_product)(true, i.size, padded(d_) / width_, j.size, tile, kTileStride, packed,
          j.size * width_, true, sums.keys, stride());
    }
  }

  static void mask(Range i, Range j, float* tile) {
    const int64_t from = std::max(i.begin, j.begin);
    const int64_t to = std::min(i.begin + i.size, j.begin + j.size);
    for (int64_t pair = from; pair < to; ++pair) {
      tile[(pair - j.begin) * kTileStride + (pair - i.begin)] = -std::numeric_limits<float>::infinity();
    }
  }

  // Everything into part 0, in order.
  void merge(float scale, const Sums& all) const {
    for_each_block(context_->threads, Blocks(m_, 64), [&](int, Range rows) {
      for (int64_t i = rows.begin; i < rows.begin + rows.size; ++i) {
        for (int64_t part = 1; part < parts_.count(); ++part) {
          const int64_t other = part * m_ + i;
          // NaN raises no shift, but its sum is NaN
          const float most = std::max(all.shift[i], all.shift[other]);
          const float keep = exp2f((all.shift[i] - most) * scale);
          const float add = exp2f((all.shift[other] - most) * scale);
          all.sum[i] = all.sum[i] * keep + all.sum[other] * add;
          all.shift[i] = most;
          if (all.keys == nullptr) continue;
          float* mine = all.keys + i * stride();
          const float* its = all.keys + other * stride();
          for (int64_t k = 0; k < d_; ++k) mine[k] = mine[k] * keep + its[k] * add;
        }
      }
    });
  }

  gramian_context* context_;
  const float* queries_;
  int64_t m_;
  const float* keys_;
  int64_t n_;
  int64_t d_;
  bool paired_;
  int64_t width_;
  Blocks blocks_;
  Blocks parts_;
  float* items_;
};

}  // namespace gramian
