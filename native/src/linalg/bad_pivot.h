// What stands in the way of a factorisation.
#pragma once

#include <cstdint>

namespace gramian {

// The first pivot (or eigenvalue) that is not positive beyond rounding, NaN where values are not finite; column -1 when
// there is none, and d, the number of columns, when all are finite and their eigenvalues did not converge.
struct BadPivot {
  int64_t column;
  double value;
};

}  // namespace gramian
