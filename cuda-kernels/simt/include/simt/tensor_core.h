// The tensor-core instructions of the tile vocabulary on the host, with the register layouts of the PTX manual. With
// g = lane / 4 and t = lane % 4:
//   mma.m16n8k16 bf16  A a0 (g, 2t..2t+1) a1 (g+8, 2t..) a2 (g, 2t+8..) a3 (g+8, 2t+8..)
//                      B b0 (2t..2t+1, g) b1 (2t+8.., g)
//   mma.m16n8k8 tf32   A a0 (g, t) a1 (g+8, t) a2 (g, t+4) a3 (g+8, t+4); B b0 (t, g) b1 (t+4, g)
//   C, D, both         c0 (g, 2t) c1 (g, 2t+1) c2 (g+8, 2t) c3 (g+8, 2t+1)
// Sums run in float32 in the order of k. Hardware keeps a few more bits inside one instruction and has its own order.
#pragma once

#include "simt/shared.h"

namespace simt {

// Nearest bf16, ties to even; NaN stays NaN.
uint16_t to_bf16(float x);
// Nearest TF32 (10 bits of mantissa), ties away from zero, as cvt.rna.
float to_tf32(float x);

// d += a b. All 32 lanes take part.
void mma_bf16(float d[4], const uint32_t a[4], const uint32_t b[2], Site site);
// Ignores the low 13 bits of each operand, as the hardware does.
void mma_tf32(float d[4], const uint32_t a[4], const uint32_t b[2], Site site);

// ldmatrix.x4: lane l names row l % 8 of the 8x8 matrix l / 8 of 16-bit elements; result[m] holds elements
// (g, 2t) and (g, 2t+1) of matrix m, with transpose (2t, g) and (2t+1, g).
void load_matrix(uint32_t result[4], SharedPointer<uint16_t> row, bool transpose, Site site);

}  // namespace simt
