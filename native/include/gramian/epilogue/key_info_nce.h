// InfoNCE against keys that get no gradient: what MoCo, MoCo v3 and DenseCL train queries with. q_i and k+_i are unit
// rows, a pair; k_j are the negatives of query i:
//
//   L = w/n sum_i -log [ exp(<q_i, k+_i> / tau) / ( exp(<q_i, k+_i> / tau) + sum_j exp(<q_i, k_j> / tau) ) ]
//
//   MoCo (arXiv 1911.05722, equation 1):    k_j are the rows of a queue, w = 1
//   MoCo v3 (arXiv 2104.02057, algorithm 1): k_j are the other positives of the batch, j != i, w = 2 tau
//   DenseCL (arXiv 2011.09157, equation 2):  q_i are cells of a feature map, k+_i the matching cells, k_j a queue
//
// A row of NT-Xent (nt_xent.h). As keys get no gradient, one pass over them gives N_i = sum_j e_ij and K_i = sum_j
// e_ij k_j, and with A_i = 1 / (N_i + E_i):   dL/dq_i = w/(n tau) ( A_i K_i - A_i N_i k+_i ).
#pragma once

#include "gramian/epilogue/nt_xent.h"
