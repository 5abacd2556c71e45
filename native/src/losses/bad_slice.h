// The sentences about slices that cannot be whitened, the same on every device: which one, which column, what to do.
#pragma once

#include <cstdio>
#include <string>

#include "gramian/whitening.h"
#include "linalg/bad_pivot.h"

namespace gramian {

// A slice of n rows and d columns at a place in words, whitened by a method (GRAMIAN_WHITEN_*).
struct SlicePlace {
  int32_t method;
  int64_t n, d;
  std::string where;
};

inline std::string describe(const BadPivot& bad, const SlicePlace& place) {
  const std::string start = "whitening of " + place.where + ": ";
  const std::string column = "column " + std::to_string(bad.column);
  char value[32];
  std::snprintf(value, sizeof value, "%.3g", bad.value);
  std::string what;
  if (place.method == GRAMIAN_WHITEN_CHOLESKY) {
    what = start + "pivot " + value + " of " + column;
    if (bad.value != bad.value) return what + ": the slice has NaN or infinite values; look at what produced it";
  } else if (bad.column == place.d) {
    return start + "the eigenvalues did not converge, though all values are numbers; whiten by Cholesky, or with a " +
           "larger eps (1e-4, say)";
  } else if (bad.value != bad.value) {
    return start + column + ": the slice has NaN or infinite values; look at what produced it";
  } else if (place.method == GRAMIAN_WHITEN_ITERATIVE) {
    return start + "every column is constant, so that there is nothing to scale; use a larger eps (1e-4, say), or " +
           "look for what makes the rows equal";
  } else {
    what = start + "eigenvalue " + value + ", mostly of " + column + ",";
  }
  return what + " is not positive: the covariance of " + std::to_string(place.n) + " rows and " +
         std::to_string(place.d) + " columns is singular; use a larger eps (1e-4, say) or a larger w_size, or look " +
         "for a constant or repeated column";
}

}  // namespace gramian
