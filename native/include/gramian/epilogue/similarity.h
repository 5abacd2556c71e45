// What a contrastive loss puts under its exponential, as a function f of the cosine s, and its slope f':
//
//   cosine     f(s) = s        1
//   square     f(s) = s^2      2 s
//   absolute   f(s) = |s|      sign(s), 0 at 0
//
// Pairs that are no part of the sum come as -inf, far below any cosine: they stay -inf, with slope 0.
#pragma once

#include "gramian/host_device.h"

namespace gramian {
namespace similarity {

constexpr int kCosine = 0;
constexpr int kSquare = 1;
constexpr int kAbsolute = 2;

// Below: an excluded pair. No product of unit rows comes near it.
constexpr float kExcluded = -1e30f;

template <int kind, typename Real>
GRAMIAN_HOST_DEVICE Real value(Real s) {
  if (kind == kCosine) return s;
  const Real f = kind == kSquare ? s * s : (s < 0 ? -s : s);
  return s < kExcluded ? s : f;
}

template <int kind, typename Real>
GRAMIAN_HOST_DEVICE Real slope(Real s) {
  if (kind == kCosine) return 1;
  const Real f = kind == kSquare ? 2 * s : (s < 0 ? Real(-1) : s > 0 ? Real(1) : s);  // NaN stays NaN
  return s < kExcluded ? Real(0) : f;
}

// The same with the kind known at run time only: for one entry, not for a tile.
GRAMIAN_HOST_DEVICE double value(int kind, double s) {
  return kind == kSquare ? value<kSquare>(s) : kind == kAbsolute ? value<kAbsolute>(s) : s;
}

GRAMIAN_HOST_DEVICE double slope(int kind, double s) {
  return kind == kSquare ? slope<kSquare>(s) : kind == kAbsolute ? slope<kAbsolute>(s) : 1.0;
}

}  // namespace similarity
}  // namespace gramian
