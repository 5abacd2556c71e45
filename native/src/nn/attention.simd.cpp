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
#include "core/vector.h"
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

// How scores become powers of 2: the scale, as a sign that rounds nothing and a factor for differences of scores. A
// product of the score itself would carry its rounding error, which grows with the score, into the exponent.
struct Exponents {
  float sign, factor;

  explicit Exponents(float scale)
      : sign(scale > 0 ? 1.0f : scale < 0 ? -1.0f : 0.0f),
        factor(static_cast<float>(kLog2E * std::fabs(static_cast<double>(scale)))) {}
};

// Scores of a query become exp2(factor (s - max)); what was summed before is brought to the new maximum.
void fold_row(int64_t keys, Exponents to, float* row, float* max, double* sum, int64_t e, float* out) {
  float m = *max;
#pragma omp simd reduction(max : m)
  for (int64_t j = 0; j < keys; ++j) {
    const float s = row[j] * to.sign;
    row[j] = s;
    m = s > m ? s : m;
  }
  double total = 0;
#pragma omp simd reduction(+ : total)
  for (int64_t j = 0; j < keys; ++j) {
    row[j] = exp2_fast((row[j] - m) * to.factor);
    total += static_cast<double>(row[j]);
  }
  const float before = exp2_fast((*max - m) * to.factor);
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
  const Exponents exponents(a.scale);
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
        fold_row(there, exponents, scores + r * kTile, max + r, total + r, a.e, sums + r * width);
      }
      multiply(false, {queries, there, scores, kTile, values + j * panel_width(), a.t * panel_width(), a.e}, true,
          sums, width);
    }
    for (int64_t r = 0; r < queries; ++r) {
      const float share = static_cast<float>(1 / total[r]);
      float* to = out + ((item / a.h * a.t + i + r) * a.h + item % a.h) * a.e;
      for (int64_t k = 0; k < a.e; ++k) to[k] = sums[r * width + k] * share;
      const double largest = static_cast<double>(max[r]) * std::fabs(static_cast<double>(a.scale));
      log_sum[item * a.t + i + r] = static_cast<float>(largest + std::log(total[r]));
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
  float* query_features;  // Q of a tile; before that, O^T
  float* dout_features;   // dO of a tile; before that, dO^T
  float* dqueries;        // (kTile, round_up(e))
  float* scores;          // S, then P
  float* dscores;         // dP, then dS
  float* centre;          // (kTile): the score whose exponential is about 1
  float* rest;            // (kTile): what log_sum is more than that, in units of log 2
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
    centre = dscores + kTile * kTile;
    rest = centre + kTile;
    along = rest + kTile;
  }
};

// P and dS of the row of a query from S and dP.
void weigh_row(int64_t keys, float scale, const Work& w, int64_t r) {
  const float factor = static_cast<float>(kLog2E * static_cast<double>(scale));
  const float centre = w.centre[r];
  const float rest = w.rest[r];
  const float along = w.along[r];
  float* score = w.scores + r * kTile;
  float* dscore = w.dscores + r * kTile;
#pragma omp simd
  for (int64_t j = 0; j < keys; ++j) {
    const float p = exp2_fast((score[j] - centre) * factor - rest);
    score[j] = p;
    dscore[j] = scale * p * (dscore[j] - along);
  }
}

// <dO, O> of a tile from item panels, by the multiply-adds with which panel_product makes dP: where one key has all the
// weight, O is its V and dP - <dO, O> is exactly 0.
void slopes_along(int64_t queries, int64_t e, const float* dout, const float* out, float* along) {
  constexpr int64_t kLanes = kVectorBytes / sizeof(float);
  const int64_t width = panel_width();
  for (int64_t i = 0; i < queries; i += kLanes) {
    const int64_t from = i / width * width * e + i % width;
    FloatVector total{};
    for (int64_t l = 0; l < e; l += kPanelDepth) {
      FloatVector sum{};
      for (int64_t k = l; k < smaller(e, l + kPanelDepth); ++k) {
        sum += load(dout + from + k * width) * load(out + from + k * width);
      }
      total += sum;
    }
    store(along + i, total);
  }
}

// log_sum of a row in two parts, so that the exponent of a score is that of a difference.
void split_log_sum(float log_sum, float scale, float* centre, float* rest) {
  const double wanted = static_cast<double>(log_sum) / static_cast<double>(scale);
  *centre = std::fabs(wanted) < static_cast<double>(FLT_MAX) ? static_cast<float>(wanted) : 0.0f;
  *rest = static_cast<float>(
      kLog2E * (static_cast<double>(log_sum) - static_cast<double>(*centre) * static_cast<double>(scale)));
}

// All keys for the queries from i on.
void backward_queries(const Attention& a, int64_t i, int64_t queries, Rows q, Rows dout, const Work& w) {
  const int64_t width = round_up(a.e);
  const int64_t panel = panel_width();
  pack_features(queries, a.e, {q[i], q.ld}, w.query_features);
  pack_features(queries, a.e, {dout[i], dout.ld}, w.dout_features);
  fill_zero(queries * width, w.dqueries);
  for (int64_t j = 0; j < a.t; j += kTile) {
    const int64_t there = smaller(kTile, a.t - j);
    multiply(false, {queries, a.e, q[i], q.ld, w.key_items + j * a.e, a.e * panel, there}, false, w.scores, kTile);
    multiply(
        false, {queries, a.e, dout[i], dout.ld, w.value_items + j * a.e, a.e * panel, there}, false, w.dscores, kTile);
    for (int64_t r = 0; r < queries; ++r) weigh_row(there, a.scale, w, r);
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
    pack_items(queries, a.e, {dout[i], dout.ld}, w.dout_features);
    pack_items(queries, a.e, {out[i], out.ld}, w.query_features);
    slopes_along(queries, a.e, w.dout_features, w.query_features, w.along);
    for (int64_t r = 0; r < queries; ++r) {
      split_log_sum(log_sum[item * a.t + i + r], a.scale, w.centre + r, w.rest + r);
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
