// loss = -mean_i log softmax(x_i W + b)[label_i] and its gradient X^T (P - Y) / n, in one pass over x: a block of rows
// makes its logits, turns them into P - Y in place, and adds its share of the gradient while it is still in the cache.
// 4 n d c FLOP, 4 n d bytes. Rows are cut into chunks that depend on the shape alone; each chunk sums its own gradient
// and loss, and chunks are added in order: the same bits whatever the thread count.
#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "core/context.h"
#include "core/status.h"
#include "gramian/probe.h"

namespace {

constexpr int64_t kRows = 256;                // rows of a block: 512 KiB of x at d = 512
constexpr int64_t kMostChunks = 32;           // more threads than this would find no work
constexpr int64_t kMostFloats = 16 << 20;     // 64 MiB for the gradients of all chunks

// Turns logits (c) into p - onehot(label), scaled; adds to the loss. Returns whether the largest logit is the label's.
bool softmax_row(int64_t c, int32_t label, const float* bias, float scale, float* row, double* loss) {
  float most = -INFINITY;
  int64_t best = 0;
  for (int64_t j = 0; j < c; ++j) {
    row[j] += bias[j];
    if (row[j] > most) {
      most = row[j];
      best = j;
    }
  }
  const double own = static_cast<double>(row[label]) - most;
  double sum = 0;
  for (int64_t j = 0; j < c; ++j) {
    row[j] = std::exp(row[j] - most);
    sum += row[j];
  }
  *loss += std::log(sum) - own;
  const float share = static_cast<float>(scale / sum);
  for (int64_t j = 0; j < c; ++j) row[j] *= share;
  row[label] -= scale;
  return best == label && sum == sum;  // a NaN logit is never right
}

struct Problem {
  int64_t n, d, c;
  const float* x;
  const int32_t* labels;
  const float* w;
  const float* b;
};

// Rows [from, to): adds loss and correct, and the gradients into dw, db unless dw is null. logits: kRows c floats.
void chunk(const Problem& p, int64_t from, int64_t to, float* logits, double* loss, int64_t* correct, float* dw,
    float* db) {
  const int c = static_cast<int>(p.c);
  const int d = static_cast<int>(p.d);
  const float scale = static_cast<float>(1.0 / static_cast<double>(p.n));
  for (int64_t first = from; first < to; first += kRows) {
    const int rows = static_cast<int>(std::min(kRows, to - first));
    const float* x = p.x + first * p.d;
    if (d > 0) {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, c, d, 1.0f, x, d, p.w, c, 0.0f, logits, c);
    } else {
      std::fill(logits, logits + rows * p.c, 0.0f);
    }
    for (int64_t i = 0; i < rows; ++i) {
      *correct += softmax_row(p.c, p.labels[first + i], p.b, scale, logits + i * p.c, loss);
    }
    if (dw == nullptr) continue;
    if (d > 0) cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, d, c, rows, 1.0f, x, d, logits, c, 1.0f, dw, c);
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < p.c; ++j) db[j] += logits[i * p.c + j];
    }
  }
}

}  // namespace

gramian_status gramian_softmax_regression(gramian_context* context, int64_t n, int64_t d, int64_t c, const float* x,
    const int32_t* labels, const float* w, const float* b, double* loss, int64_t* correct, float* dw, float* db) {
  return gramian::guarded([&] {
    const Problem problem{n, d, c, x, labels, w, b};
    const int64_t size = (d + 1) * c;  // gradient of one chunk: dw, then db
    const int64_t blocks = (n + kRows - 1) / kRows;
    const int64_t fitting = kMostFloats / std::max<int64_t>(1, size);
    const int64_t chunks = std::max<int64_t>(1, std::min({kMostChunks, fitting, blocks}));
    context->begin();
    float* logits = context->scratch<float>(context->threads * kRows * c);
    float* gradients = context->scratch<float>(dw == nullptr ? 0 : chunks * size);
    double* losses = context->scratch<double>(chunks);
    int64_t* hits = context->scratch<int64_t>(chunks);
#pragma omp parallel for num_threads(context->threads) schedule(static)
    for (int64_t t = 0; t < chunks; ++t) {
      float* own = dw == nullptr ? nullptr : gradients + t * size;
      if (own != nullptr) std::fill(own, own + size, 0.0f);
      losses[t] = 0;
      hits[t] = 0;
      const int64_t from = std::min(n, blocks * t / chunks * kRows);
      const int64_t to = std::min(n, blocks * (t + 1) / chunks * kRows);
      chunk(problem, from, to, logits + omp_get_thread_num() * kRows * c, losses + t, hits + t, own,
          own == nullptr ? nullptr : own + d * c);
    }
    *loss = 0;
    *correct = 0;
    for (int64_t t = 0; t < chunks; ++t) {
      *loss += losses[t] / static_cast<double>(n);
      *correct += hits[t];
    }
    if (dw == nullptr) return;
    std::fill(dw, dw + d * c, 0.0f);
    std::fill(db, db + c, 0.0f);
    for (int64_t t = 0; t < chunks; ++t) {
      const float* own = gradients + t * size;
      for (int64_t e = 0; e < d * c; ++e) dw[e] += own[e];
      for (int64_t j = 0; j < c; ++j) db[j] += own[d * c + j];
    }
  });
}
