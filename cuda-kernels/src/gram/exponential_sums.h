// The statistic of losses with a softmax over similarities: sum over j of exp((f(s_ij) - m_i) / tau), f in
// gramian/epilogue/similarity.h. One exponential an entry.
//
// With kShifted m_i is the largest f(s_ij) of the row, found on the way (a lane rescales its sum when its maximum
// grows); otherwise m_i = 1 for all rows. Sums: float32 over the entries that a lane has in a tile (8), float64 over
// tiles.
#pragma once

#include <math.h>

#include "gram/softmax_gram.h"
#include "gramian/epilogue/nt_xent.h"
#include "gramian/epilogue/similarity.h"
#include "tile/reduce.h"

namespace gramian {

// sum, relative to top, as it is relative to a larger one.
__device__ __forceinline__ double rescaled(double sum, float top, float larger, float scale) {
  return top == larger ? sum : sum * static_cast<double>(exp2f((top - larger) * scale));
}

__device__ __forceinline__ ExponentialSum merged(ExponentialSum a, ExponentialSum b, float scale) {
  const float top = fmaxf(a.top, b.top);
  return {top, rescaled(a.sum, a.top, top, scale) + rescaled(b.sum, b.top, top, scale)};
}

// f of a similarity without sign: which of the two is known at run time only.
__device__ __forceinline__ float unsigned_value(int kind, float s) {
  return kind == similarity::kSquare ? similarity::value<similarity::kSquare>(s)
                                     : similarity::value<similarity::kAbsolute>(s);
}

__device__ __forceinline__ float unsigned_slope(int kind, float s) {
  return kind == similarity::kSquare ? similarity::slope<similarity::kSquare>(s)
                                     : similarity::slope<similarity::kAbsolute>(s);
}

// kUnsigned: f is not the cosine itself but similarity.
template <bool kShifted, bool kUnsigned>
struct ExponentialStatistic {
  using Sum = ExponentialSum;
  static constexpr float kOut = -INFINITY;
  float scale;
  int similarity;

  __device__ __forceinline__ Sum start() const { return {kShifted ? -INFINITY : 1.0f, 0.0}; }

  template <int kCount>
  __device__ __forceinline__ void add(Sum& row, float (&s)[kCount], const int (&)[kCount]) const {
    if (kUnsigned) {
#pragma unroll
      for (int k = 0; k < kCount; ++k) s[k] = unsigned_value(similarity, s[k]);
    }
    if (kShifted) {
      float top = row.top;
#pragma unroll
      for (int k = 0; k < kCount; ++k) top = fmaxf(top, s[k]);
      row.sum = rescaled(row.sum, row.top, top, scale);
      row.top = top;
    }
    // nothing but -inf so far: any finite number keeps exp(-inf) at 0 instead of NaN
    const float shift = row.top == -INFINITY ? 0.0f : row.top;
    float sum = 0;
#pragma unroll
    for (int k = 0; k < kCount; ++k) sum += exp2f(nt_xent::exponent(s[k], shift, scale));
    row.sum += static_cast<double>(sum);
  }

  __device__ __forceinline__ Sum merge(Sum a, Sum b) const { return merged(a, b, scale); }

  __device__ __forceinline__ static Sum moved(Sum row, int lanes) {
    const float top = __shfl_xor_sync(tile::kAllLanes, row.top, lanes);
    return {top, __shfl_xor_sync(tile::kAllLanes, row.sum, lanes)};
  }
};

}  // namespace gramian
