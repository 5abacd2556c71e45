// For bridges to languages whose functions have an address only on this side.
#ifndef GRAMIAN_DLPACK_CALL_H
#define GRAMIAN_DLPACK_CALL_H

#include "gramian/dlpack.h"

inline int64_t gramian_released_address(gramian_released released) { return reinterpret_cast<int64_t>(released); }

#endif
