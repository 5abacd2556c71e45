// OpenBLAS in a program where others use the same copy of it. On the CPU only.
#ifndef GRAMIAN_BLAS_H
#define GRAMIAN_BLAS_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

/**
 * Sets the threads of OpenBLAS and returns how many it had; 0 sets what it had before the first context of this
 * process, which takes one. A call here splits its work itself and wants one thread; a program with another user of
 * OpenBLAS gives that one its number back between calls.
 */
GRAMIAN_EXPORT int32_t gramian_swap_blas_threads(int32_t threads);

GRAMIAN_EXTERN_C_END

#endif
