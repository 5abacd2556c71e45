// InfoNCE between two sets of rows (CPC, arXiv 1807.03748, equation 4; in both directions as CLIP, arXiv 2103.00020,
// figure 3, and facebookresearch/directclr have it). x_i and y_i are a pair, s_ij = <x_i, y_j>:
//
//   L = r/n sum_i [ log sum_j exp(s_ij / tau) - s_ii / tau ] + c/n sum_j [ log sum_i exp(s_ij / tau) - s_jj / tau ]
//
// with r = c = 1/2, or r = 1, c = 0 for one direction. Each bracket is a row of NT-Xent (nt_xent.h): with N_i and M_j
// the sums over i != j in rows and columns, and E_i = exp(s_ii / tau),
//
//   dL/ds_ij = 1/(n tau) ( r exp(s_ij / tau) / (N_i + E_i) + c exp(s_ij / tau) / (M_j + E_j) )      i != j
//   dL/ds_ii = -1/(n tau) ( r N_i / (N_i + E_i) + c M_i / (M_i + E_i) )
//
// The loss depends on tau only through s / tau, which is linear in x: so dL / d log(1 / tau) = sum_i <x_i, dL/dx_i>,
// with dL/dx_i before it is taken back through the normalisation. The temperature's gradient costs nothing.
#pragma once

#include "gramian/epilogue/nt_xent.h"

namespace gramian {
namespace info_nce {

// r and c.
struct Directions {
  double rows;
  double columns;
};

GRAMIAN_HOST_DEVICE Directions directions(bool symmetric) {
  return symmetric ? Directions{0.5, 0.5} : Directions{1, 0};
}

}  // namespace info_nce
}  // namespace gramian
