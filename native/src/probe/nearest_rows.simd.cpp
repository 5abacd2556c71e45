// The k best of many scores, one binary heap a query with its worst entry on top. Almost every score is below that
// entry once the heap is warm, so the scan compares kBlock scores at a time and looks closer only where one of them is
// above: m n comparisons, and about m k ln(n / k) insertions of log2(k) steps for keys in random order.
#include "probe/nearest_rows.h"

#include <cmath>

namespace gramian {
namespace GRAMIAN_ISA {
namespace {

constexpr int64_t kBlock = 32;  // four AVX2 registers: enough to hide the branch, few enough to be mostly without a hit

// Whether entry a is worse than entry b: a lower score, or the same and a later key.
bool worse(const float* score, const int32_t* index, int64_t a, int64_t b) {
  return score[a] < score[b] || (score[a] == score[b] && index[a] > index[b]);
}

void exchange(float* score, int32_t* index, int64_t a, int64_t b) {
  const float s = score[a];
  const int32_t i = index[a];
  score[a] = score[b];
  index[a] = index[b];
  score[b] = s;
  index[b] = i;
}

// Restores the heap of the first k entries below entry at.
void sift(float* score, int32_t* index, int64_t k, int64_t at) {
  for (;;) {
    int64_t worst = at;
    const int64_t left = 2 * at + 1;
    if (left < k && worse(score, index, left, worst)) worst = left;
    if (left + 1 < k && worse(score, index, left + 1, worst)) worst = left + 1;
    if (worst == at) return;
    exchange(score, index, at, worst);
    at = worst;
  }
}

// Keys come in rising order, so one that only equals the worst entry is worse than it and stays out.
void offer(float* score, int32_t* index, int64_t k, float value, int64_t key) {
  if (!(value > score[0])) return;
  score[0] = value;
  index[0] = static_cast<int32_t>(key);
  sift(score, index, k, 0);
}

void merge_row(
    int64_t count, int64_t first, const float* row, const float* bias, int64_t k, int32_t* index, float* score) {
  int64_t j = 0;
  for (; j + kBlock <= count; j += kBlock) {
    const float worst = score[0];
    int hit = 0;
    if (bias == nullptr) {
#pragma omp simd reduction(| : hit)
      for (int64_t t = 0; t < kBlock; ++t) hit |= row[j + t] > worst;
    } else {
#pragma omp simd reduction(| : hit)
      for (int64_t t = 0; t < kBlock; ++t) hit |= row[j + t] + bias[j + t] > worst;
    }
    if (hit == 0) continue;
    for (int64_t t = j; t < j + kBlock; ++t) offer(score, index, k, bias ? row[t] + bias[t] : row[t], first + t);
  }
  for (; j < count; ++j) offer(score, index, k, bias ? row[j] + bias[j] : row[j], first + j);
}

}  // namespace

void nearest_rows_merge(int64_t m, int64_t count, int64_t first, const float* scores, const float* bias, int64_t k,
    int32_t* index, float* score) {
  const float* tile_bias = bias == nullptr ? nullptr : bias + first;
  for (int64_t i = 0; i < m; ++i) {
    merge_row(count, first, scores + i * count, tile_bias, k, index + i * k, score + i * k);
  }
}

void nearest_rows_sort(int64_t m, int64_t k, int32_t* index, float* score) {
  for (int64_t i = 0; i < m; ++i) {
    float* s = score + i * k;
    int32_t* p = index + i * k;
    for (int64_t last = k - 1; last > 0; --last) {
      exchange(s, p, 0, last);
      sift(s, p, last, 0);
    }
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
