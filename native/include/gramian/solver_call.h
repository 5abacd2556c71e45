// For bridges to languages whose functions have an address only on this side.
#ifndef GRAMIAN_SOLVER_CALL_H
#define GRAMIAN_SOLVER_CALL_H

#include "gramian/solver.h"

inline int64_t gramian_solve_address(gramian_solve solve) { return reinterpret_cast<int64_t>(solve); }

#endif
