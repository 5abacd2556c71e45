// Attention without its matrix of scores (Dao et al. 2022, arXiv 2205.14135, algorithms 1 and 4): tiles of 64 queries
// by 64 keys, a running maximum and sum for each query.
//   forward   S = Q K^T, P = exp(scale S - max), O = P V / sum                        4 b h t^2 e FLOP
//   backward  P = exp(scale S - log_sum), dP = dO V^T, dS = scale P (dP - <dO, O>),
//             dQ = dS K, dK = dS^T Q, dV = P^T dO                                    10 b h t^2 e FLOP
// Products run on packed panels (gram/panels.h); exponentials are those of 2. Maxima let NaN fall out, sums do not.
#include "nn/attention.h"

#include <omp.h>

#include <cfloat>
#include <cmath>

#include "core/simd_math.h"
#include "gram/panels.h"

namespace gramian {
namespace GRAMIAN_ISA {
namespace {

using attention::kTile;
using attention::round_up;

constexpr double kLog2E = 1.4426950408889634;

// A head of one sequence: its rows of an operand are ld floats apart.
struct Rows {
  const float* at;
  int64_t ld;

  const float* operator[](int64_t i) const { return at + i * ld; }
};

inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

Rows operand(const Attention& a, int64_t item, int64_t which) {
  const int64_t ld = 3 * a.h * a.e;
  return {a.qkv + item / a.h * a.t * ld + (which * a.h + item % a.h) * a.e, ld};
}

Rows of_head(const Attention& a, int64_t item, const float* x) {
  return {x + (item / a.h * a.t * a.h + item % a.h) * a.e, a.h * a.e};
}

// The rows as right operand X^T (e,n), or X (n,e): the panels of gram/panels.h.
void pack_items(int64_t n, int64_t e, Rows x, float* panels) {
  const int64_t width = panel_width();
  for (int64_t i = 0; i < (n + width - 1) / width * width; ++i) {
    float* panel = panels + i / width * e * width + i % width;
    for (int64_t k = 0; k < e; ++k) panel[k * width] = i < n ? x[i][k] : 0.0f;
  }
}

void pack_features(int64_t n, int64_t e, Rows x, float* panels) {
  const int64_t width = panel_width();
  for (int64_t k = 0; k < e; k += width) {
    float* panel = panels + k * n;
    const int64_t there = smaller(width, e - k);
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t c = 0; c < width; ++c) panel[i * width + c] = c < there ? x[i][k + c] : 0.0f;
    }
  }
}

// C (m, columns) = A (m,k) times panels that lie stride floats apart.
struct Product {
  int64_t m, k;
  const float* a;
  int64_t lda;
  const float* panels;
  int64_t stride, columns;
};

void multiply(bool transposed, const Product& p, bool accumulate, float* c, int64_t ldc) {
  const int64_t width = panel_width();
  panel_product(transposed, p.m, (p.columns + width - 1) / width, p.k, p.a, p.lda, p.panels, p.stride, accumulate, c,
      ldc);
}

void fill_zero(int64_t count, float* x) {
  for (int64_t i = 0; i < count; ++i) x[i] = 0;
}

// Scores of a query become exp2(factor s - max); what was summed before is brought to the new maximum.
void fold_row(int64_t keys, float factor, float* row, float* max, double* sum, int64_t e, float* out) {
  float m = *max;
#pragma omp simd reduction(max : m)
  for (int64_t j = 0; j < keys; ++j) {
    const float s = row[j] * factor;
    row[j] = s;
    m = s > m ? s : m;
  }
  double total = 0;
#pragma omp simd reduction(+ : total)
  for (int64_t j = 0; j < keys; ++j) {
    row[j] = exp2_fast(row[j] - m);
    total += static_cast<double>(row[j]);
  }
  const float before = exp2_fast(*max - m);
  *max = m;
  *sum = *sum * static_cast<double>(before) + total;
  if (before == 1.0f) return;
#pragma omp simd
  for (int64_t k = 0; k < e; ++k) out[k] *= before;
}

void forward_head(const Attention& a, int64_t item, float* scratch, float* out, float* log_sum) {
  const int64_t width = round_up(a.e);
  float* keys = scratch;
  float* values = keys + round_up(a.t) * width;
  float* scores = values + round_up(a.t) * width;
  float* sums = scores + kTile * kTile;  // O before the division
  double* total = reinterpret_cast<double*>(sums + kTile * width);
  float* max = reinterpret_cast<float*>(total + kTile);
  pack_items(a.t, a.e, operand(a, item, 1), keys);
  pack_features(a.t, a.e, operand(a, item, 2), values);
  const Rows q = operand(a, item, 0);
  const float factor = static_cast<float>(kLog2E * static_cast<double>(a.scale));
  for (int64_t i = 0; i < a.t; i += kTile) {
    const int64_t queries = smaller(kTile, a.t - i);
    fill_zero(queries * width, sums);
    for (int64_t r = 0; r < queries; ++r) {
      max[r] = -FLT_MAX;
      total[r] = 0;
    }
    for (int64_t j = 0; j < a.t; j += kTile) {
      const int64_t there = smaller(kTile, a.t - j);
      multiply(false, {queries, a.e, q[i], q.ld, keys + j * a.e, a.e * panel_width(), there}, false, scores, kTile);
      for (int64_t r = 0; r < queries; ++r) {
        fold_row(there, factor, scores + r * kTile, max + r, total + r, a.e, sums + r * width);
      }
      multiply(false, {queries, there, scores, kTile, values + j * panel_width(), a.t * panel_width(), a.e}, true,
          sums, width);
    }
    for (int64_t r = 0; r < queries; ++r) {
      const float share = static_cast<float>(1 / total[r]);
      float* to = out + ((item / a.h * a.t + i + r) * a.h + item % a.h) * a.e;
      for (int64_t k = 0; k < a.e; ++k) to[k] = sums[r * width + k] * share;
      log_sum[item * a.t + i + r] = static_cast<float>((static_cast<double>(max[r]) + std::log2(total[r])) / kLog2E);
    }
  }
}

// The memory of one head of the backward pass.
struct Work {
  float* key_items;       // K^T
  float* value_items;     // V^T
  float* key_features;    // K
  float* dkeys;           // (t, round_up(e))
  float* dvalues;         // (t, round_up(e))
  float* query_features;  // Q of a tile
  float* dout_features;   // dO of a tile
  float* dqueries;        // (kTile, round_up(e))
  float* scores;          // S, then P
  float* dscores;         // dP, then dS
  float* log_sum;         // (kTile), in units of log 2
  float* along;           // (kTile): <dO, O>

  Work(int64_t t, int64_t e, float* scratch) {
    const int64_t whole = round_up(t) * round_up(e);
    const int64_t part = kTile * round_up(e);
    float** operands[] = {&key_items, &value_items, &key_features, &dkeys, &dvalues};
    for (float** p : operands) {
      *p = scratch;
      scratch += whole;
    }
    float** strips[] = {&query_features, &dout_features, &dqueries};
    for (float** p : strips) {
      *p = scratch;
      scratch += part;
    }
    scores = scratch;
    dscores = scores + kTile * kTile;
    log_sum = dscores + kTile * kTile;
    along = log_sum + kTile;
  }
};

// P and dS of a row from S and dP.
void weigh_row(int64_t keys, float factor, float scale, float log_sum, float along, float* score, float* dscore) {
#pragma omp simd
  for (int64_t j = 0; j < keys; ++j) {
    const float p = exp2_fast(score[j] * factor - log_sum);
    score[j] = p;
    dscore[j] = scale * p * (dscore[j] - along);
  }
}

// All keys for the queries from i on.
void backward_queries(const Attention& a, int64_t i, int64_t queries, Rows q, Rows dout, const Work& w) {
  const int64_t width = round_up(a.e);
  const int64_t panel = panel_width();
  const float factor = static_cast<float>(kLog2E * static_cast<double>(a.scale));
  pack_features(queries, a.e, {q[i], q.ld}, w.query_features);
  pack_features(queries, a.e, {dout[i], dout.ld}, w.dout_features);
  fill_zero(queries * width, w.dqueries);
  for (int64_t j = 0; j < a.t; j += kTile) {
    const int64_t there = smaller(kTile, a.t - j);
    multiply(false, {queries, a.e, q[i], q.ld, w.key_items + j * a.e, a.e * panel, there}, false, w.scores, kTile);
    multiply(
        false, {queries, a.e, dout[i], dout.ld, w.value_items + j * a.e, a.e * panel, there}, false, w.dscores, kTile);
    for (int64_t r = 0; r < queries; ++r) {
      weigh_row(
          there, factor, a.scale, w.log_sum[r], w.along[r], w.scores + r * kTile, w.dscores + r * kTile);
    }
    multiply(true, {there, queries, w.scores, kTile, w.dout_features, queries * panel, a.e}, true,
        w.dvalues + j * width, width);
    multiply(true, {there, queries, w.dscores, kTile, w.query_features, queries * panel, a.e}, true,
        w.dkeys + j * width, width);
    multiply(false, {queries, there, w.dscores, kTile, w.key_features + j * panel, a.t * panel, a.e}, true, w.dqueries,
        width);
  }
}

// Rows of width floats to the places of queries (0), keys (1) or values (2).
void write_rows(const Attention& a, int64_t item, int64_t which, int64_t from, int64_t count, const float* rows,
    float* dqkv) {
  for (int64_t r = 0; r < count; ++r) {
    float* to = dqkv + ((item / a.h * a.t + from + r) * 3 * a.h + which * a.h + item % a.h) * a.e;
    for (int64_t k = 0; k < a.e; ++k) to[k] = rows[r * round_up(a.e) + k];
  }
}

void backward_head(const Attention& a, int64_t item, Rows out, const float* log_sum, Rows dout, const Work& w,
    float* dqkv) {
  pack_items(a.t, a.e, operand(a, item, 1), w.key_items);
  pack_items(a.t, a.e, operand(a, item, 2), w.value_items);
  pack_features(a.t, a.e, operand(a, item, 1), w.key_features);
  fill_zero(a.t * round_up(a.e), w.dkeys);
  fill_zero(a.t * round_up(a.e), w.dvalues);
  for (int64_t i = 0; i < a.t; i += kTile) {
    const int64_t queries = smaller(kTile, a.t - i);
    for (int64_t r = 0; r < queries; ++r) {
      double along = 0;
      for (int64_t k = 0; k < a.e; ++k) along += static_cast<double>(out[i + r][k]) * dout[i + r][k];
      w.along[r] = static_cast<float>(along);
      w.log_sum[r] = static_cast<float>(kLog2E * static_cast<double>(log_sum[item * a.t + i + r]));
    }
    backward_queries(a, i, queries, operand(a, item, 0), dout, w);
    write_rows(a, item, 0, i, queries, w.dqueries, dqkv);
  }
  write_rows(a, item, 1, 0, a.t, w.dkeys, dqkv);
  write_rows(a, item, 2, 0, a.t, w.dvalues, dqkv);
}

}  // namespace

void attention_forward(int threads, const Attention& a, float* scratch, float* out, float* log_sum) {
  const int64_t floats = attention::forward_floats(a.t, a.e);
#pragma omp parallel for num_threads(threads) schedule(static) if (a.b * a.h > 1)
  for (int64_t item = 0; item < a.b * a.h; ++item) {
    forward_head(a, item, scratch + omp_get_thread_num() * floats, out, log_sum);
  }
}

void attention_backward(int threads, const Attention& a, const float* out, const float* log_sum, const float* dout,
    float* scratch, float* dqkv) {
  const int64_t floats = attention::backward_floats(a.t, a.e);
#pragma omp parallel for num_threads(threads) schedule(static) if (a.b * a.h > 1)
  for (int64_t item = 0; item < a.b * a.h; ++item) {
    const Work work(a.t, a.e, scratch + omp_get_thread_num() * floats);
    backward_head(a, item, of_head(a, item, out), log_sum, of_head(a, item, dout), work, dqkv);
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
