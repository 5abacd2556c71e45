// loss = -mean_i log softmax(x_i W + b)[label_i] and its gradient X^T (P - Y) / n: two products of gram/product.h
// around a pass over the rows, 4 n d c FLOP. The rows come in stretches that fit 256 MiB with all that they need, cut
// from the sizes alone, and are added up in their order. Always in float32, whatever the precision of the stream: a fit
// of frozen features must not depend on how they were trained.
#include "probe/softmax_regression.h"

#include <algorithm>

#include "gram/product.h"
#include "gram/splits.h"
#include "gramian/probe.h"
#include "linalg/column_sums.h"
#include "tile/reduce.h"

namespace gramian {
namespace {

using Mode = tile::Float32;

constexpr int kThreads = 256;
constexpr int kRowsOfBlock = kThreads / 32;
constexpr int kTotalThreads = 1024;
constexpr int64_t kMostFloats = int64_t{64} << 20;

struct Row {
  double loss;
  int64_t right;  // 1 if the largest logit is the label's
};

// The largest logit of a row, the first of equals.
struct Largest {
  float logit;
  int64_t at;
  __device__ __forceinline__ void offer(float other, int64_t place) {
    if (!(other > logit || (other == logit && place < at))) return;
    logit = other;
    at = place;
  }
};

// logits = products + b, in p; the largest of them in all lanes, and the label's in own.
__device__ __forceinline__ Largest add_bias(
    const Product& products, int64_t i, const float* b, int64_t label, float* p, double& own) {
  Largest most = {-INFINITY, INT64_MAX};
  own = 0;
  for (int64_t j = threadIdx.x % 32; j < products.columns; j += 32) {
    const float logit = products.at(i, j) + b[j];
    p[j] = logit;
    most.offer(logit, j);
    if (j == label) own = logit;
  }
#pragma unroll
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    const float other = __shfl_xor_sync(tile::kAllLanes, most.logit, lanes);
    most.offer(other, __shfl_xor_sync(tile::kAllLanes, most.at, lanes));
  }
  own = tile::warp_sum(own);
  return most;
}

// A warp per row: p (rows, c) = scale (softmax(logits) - onehot(label)), and what the row adds to loss and count.
__global__ void __launch_bounds__(kThreads) softmax_errors(Product products, const float* __restrict__ b,
    const int32_t* __restrict__ labels, float scale, float* __restrict__ p, Row* __restrict__ rows) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kRowsOfBlock + threadIdx.x / 32;
  if (i >= products.rows) return;  // the whole warp
  const int64_t c = products.columns;
  const int64_t label = labels[i];
  float* mine = p + i * c;
  double own = 0;
  const Largest most = add_bias(products, i, b, label, mine, own);
  double sum = 0;
  for (int64_t j = threadIdx.x % 32; j < c; j += 32) {
    const float e = expf(mine[j] - most.logit);
    mine[j] = e;
    sum += e;
  }
  sum = tile::warp_sum(sum);
  // a NaN logit is never right
  if (threadIdx.x % 32 == 0) rows[i] = {log(sum) - (own - most.logit), most.at == label && sum == sum ? 1 : 0};
  const float share = static_cast<float>(scale / sum);
  for (int64_t j = threadIdx.x % 32; j < c; j += 32) mine[j] = mine[j] * share - (j == label ? scale : 0.0f);
}

// One block: thread t takes rows t, t + 1024, ..., then the tree of block_sum.
__global__ void __launch_bounds__(kTotalThreads) add_fit(
    int64_t count, const Row* __restrict__ rows, double factor, bool add, double* loss, int64_t* correct) {
  tile::SharedMemory memory;
  const auto losses = memory.take<double>(kTotalThreads / 32);
  const auto hits = memory.take<int64_t>(kTotalThreads / 32);
  Row sum = {0, 0};
  for (int64_t i = threadIdx.x; i < count; i += kTotalThreads) {
    sum.loss += rows[i].loss;
    sum.right += rows[i].right;
  }
  sum.loss = tile::block_sum(sum.loss, losses);
  sum.right = tile::block_sum(sum.right, hits);
  if (threadIdx.x != 0) return;
  *loss = (add ? *loss : 0) + factor * sum.loss;
  *correct = (add ? *correct : 0) + sum.right;
}

__global__ void __launch_bounds__(kThreads) add_products(Product of, bool add, float* __restrict__ sum) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i < of.rows * of.columns) sum[i] = (add ? sum[i] : 0.0f) + of.at(i / of.columns, i % of.columns);
}

// Adds rows [first, first + count); the first rows overwrite.
void add_rows(gramian_context* context, const SoftmaxRegression& of, int64_t first, int64_t count) {
  context->begin();  // these kernels come after those of the rows before in the stream
  const float* x = of.x + first * of.d;
  const Operand<Mode> rows = lay_out<Mode>(context, count, of.d, x, of.d);
  const Operand<Mode> classes = lay_out_transposed<Mode>(context, of.d, of.c, of.w, of.c);
  const Product products = product<Mode>(context, "softmax_logits", rows, classes);
  float* p = context->scratch<float>(count * of.c);
  Row* fit = context->scratch<Row>(count);
  launch(context->stream, {"softmax_errors", blocks_of(count, kRowsOfBlock), kThreads}, softmax_errors, products, of.b,
      of.labels + first, static_cast<float>(1.0 / static_cast<double>(of.n)), p, fit);
  launch(context->stream,
      {"softmax_fit", 1, kTotalThreads,
          tile::shared_bytes<double>(kTotalThreads / 32) + tile::shared_bytes<int64_t>(kTotalThreads / 32)},
      add_fit, count, fit, 1.0 / static_cast<double>(of.n), first > 0, of.loss, of.correct);
  if (of.dw == nullptr) return;
  add_columns(context, count, of.c, p, first > 0, of.db);
  const Operand<Mode> features = lay_out_transposed<Mode>(context, count, of.d, x, of.d);
  const Operand<Mode> errors = lay_out_transposed<Mode>(context, count, of.c, p, of.c);
  const Product gradient = product<Mode>(context, "softmax_gradient", features, errors);
  launch(context->stream, {"softmax_gradient_add", blocks_of(of.d * of.c, kThreads), kThreads}, add_products, gradient,
      first > 0, of.dw);
}

}  // namespace

void softmax_regression(gramian_context* context, const SoftmaxRegression& of, int64_t most_rows) {
  for (int64_t first = 0; first < of.n; first += most_rows) {
    add_rows(context, of, first, std::min(most_rows, of.n - first));
  }
}

}  // namespace gramian

gramian_status gramian_softmax_regression(gramian_context* context, int64_t n, int64_t d, int64_t c, const float* x,
    const int32_t* labels, const float* w, const float* b, double* loss, int64_t* correct, float* dw, float* db) {
  using namespace gramian;
  return guarded([&] {
    // a row laid out, its transpose, its logits, errors, and their transpose
    const int64_t most = std::max<int64_t>(128, kMostFloats / (2 * padded_width(d) + 3 * c));
    softmax_regression(context, {n, d, c, x, labels, w, b, loss, correct, dw, db}, most);
  });
}
