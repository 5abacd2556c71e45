// Cholesky whitening of a slice in one kernel each way, for slices that one block can hold.
#pragma once

#include "losses/whitening_slices.h"

namespace gramian {
namespace whitening {

// 128 columns: the triangle in float64 and W in float32 fill the 163 KiB of shared memory of sm_80. More rows than 1024
// would keep one multiprocessor busy and the others waiting.
inline bool fits_one_block(const Slices& of) { return of.d <= 128 && of.n <= 1024; }

void fused_cholesky(const Slices& of, const float* x, float* y, float* w, BadPivot* bad);
void fused_cholesky_backward(const Slices& of, const float* y, const float* w, const float* dy, float* dx);

}  // namespace whitening
}  // namespace gramian
