// Sums of exponentials over the negatives of each row and column, and their derivative: the epilogue that the Gram
// loops share. e_ij = exp((f(s_ij) - shift) / tau), f in epilogue/similarity.h.
//
// Products of unit rows are at most 1, so that the constant shift 1 serves every row as long as exp(-2 / tau) is a
// normal float32 (epilogue/nt_xent.h). Otherwise each row's shift is the largest f(s) so far, and raising it rescales
// the sum.
#pragma once

#include <algorithm>
#include <limits>

#include "core/context.h"
#include "gram/items.h"
#include "gramian/epilogue/nt_xent.h"
#include "losses/contrastive.h"

namespace gramian {

inline float exponent_scale(float temperature) { return static_cast<float>(1.4426950408889634 / temperature); }

inline SoftmaxSums take_sums(gramian_context* context, int64_t count) {
  return {context->scratch<float>(count), context->scratch<double>(count), context->scratch<float>(count)};
}

// shift 1 for good, or the start of a running maximum.
inline void reset(const SoftmaxSums& sums, int64_t count, bool online) {
  std::fill_n(sums.shift, count, online ? kNoShift : 1.0f);
  std::fill_n(sums.sum, count, 0.0);
}

// A row without negatives has no maximum: any shift will do.
inline void settle(const SoftmaxSums& sums, int64_t count) {
  for (int64_t i = 0; i < count; ++i) sums.shift[i] = sums.shift[i] == kNoShift ? 0.0f : sums.shift[i];
}

struct SoftmaxEpilogue {
  int kind;             // of the similarity
  float scale;          // log2(e) / tau
  bool online;          // a running maximum, not the constant shift
  bool self;            // one matrix: the columns of a tile off the diagonal are further rows
  SoftmaxSums rows;
  SoftmaxSums columns;  // sum null: columns are not summed
  float* scratch;       // (threads, 2 block)
  int64_t block;

  float masked() const { return -std::numeric_limits<float>::infinity(); }

  static SoftmaxSums at(const SoftmaxSums& sums, int64_t begin) {
    return {sums.shift + begin, sums.sum == nullptr ? nullptr : sums.sum + begin, sums.inverse + begin};
  }

  void fold(int thread, Range i, Range j, const float* tile, int64_t stride) const {
    SoftmaxSums of_columns = at(columns, j.begin);
    if (self && i.begin == j.begin) of_columns.sum = nullptr;
    float* column = scratch + thread * 2 * block;
    if (online) {
      GRAMIAN_SIMD(contrastive_fold_online)(
          kind, i.size, j.size, tile, stride, scale, column, at(rows, i.begin), of_columns);
    } else {
      GRAMIAN_SIMD(contrastive_fold)(kind, i.size, j.size, tile, stride, scale, column, at(rows, i.begin), of_columns);
    }
  }

  void weigh(int /*thread*/, Range i, Range j, float* tile, int64_t stride) const {
    if (online) {
      GRAMIAN_SIMD(contrastive_weigh_online)(
          kind, i.size, j.size, tile, stride, scale, at(rows, i.begin), at(columns, j.begin));
    } else {
      GRAMIAN_SIMD(contrastive_weigh)(
          kind, i.size, j.size, tile, stride, scale, at(rows, i.begin), at(columns, j.begin));
    }
  }
};

}  // namespace gramian
