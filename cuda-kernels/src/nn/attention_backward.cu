// Gradient of attention from g = d/d out, with L of the forward pass (FlashAttention, arXiv 2205.14135, section B.4):
//   p_ij = exp(s_ij - L_i), delta_i = <g_i, out_i>, ds_ij = p_ij (<g_i, v_j> - delta_i),
//   dv_j = sum_i p_ij g_i, dq_i = scale sum_j ds_ij k_j, dk_j = scale sum_i ds_ij q_i.
//
// Two passes, so that each block owns what it writes: 64 queries past which keys and values flow (dq), and 64 keys past
// which queries and g flow (dk, dv). Scores are computed again in both: 14 b h t^2 e FLOP (18 for e > 64 in float32),
// where one pass that scatters would have 10. Operands are rounded to the precision of the context, p and ds too; sums
// and delta are float32.
#include "gramian/bfloat16.h"
#include "gramian/transformer.h"
#include "nn/attention_call.h"
#include "tile/reduce.h"

namespace gramian {
namespace {

using namespace attention;

constexpr int kRowThreads = 256;

// delta (b, h, t); a warp for each head of a token.
template <typename Element>
__global__ void __launch_bounds__(kRowThreads) attention_delta(
    Sizes sizes, const Element* __restrict__ out, const Element* __restrict__ dout, float* __restrict__ delta) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (kRowThreads / 32) + threadIdx.x / 32;
  if (row >= sizes.b * sizes.t * sizes.h) return;  // the whole warp
  float sum = 0;
  for (int c = tile::lane_of_warp(); c < sizes.e; c += 32) {
    sum += tile::widened(out[row * sizes.e + c]) * tile::widened(dout[row * sizes.e + c]);
  }
  sum = tile::warp_sum(sum);
  const int64_t token = row / sizes.h;
  const int64_t at = (token / sizes.t * sizes.h + row % sizes.h) * sizes.t + token % sizes.t;
  if (tile::lane_of_warp() == 0) delta[at] = sum;
}

// What the gradient is computed from.
template <typename Mode>
struct Given {
  Heads<Mode> x;     // q, k, v
  Heads<Mode> dout;
  const float* log_sum;  // (b, h, t)
  const float* delta;    // (b, h, t)
  float scale;
};

// s becomes ds of a tile whose first `columns` keys there are; log_sum in powers of 2, and delta, of this lane's rows.
template <typename Mode>
__device__ __forceinline__ void weigh_queries(Scores<Mode>& s, const Scores<Mode>& slope, int columns, float scale,
    const float (&log_sum)[2], const float (&delta)[2]) {
#pragma unroll
  for (int k = 0; k < 16; ++k) {
    const bool inside = column_of(k) < columns;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float& score = s.value[0][k / 2][2 * half + k % 2];
      const float p = exp2f(score * scale - log_sum[half]);
      score = inside ? p * (slope.value[0][k / 2][2 * half + k % 2] - delta[half]) : 0.0f;
    }
  }
}

// s becomes p, and slope ds, of a tile whose first `columns` queries there are, with their log_sum and delta.
template <typename Mode>
__device__ __forceinline__ void weigh_keys(Scores<Mode>& s, Scores<Mode>& slope, int columns, float scale,
    tile::Shared<float> log_sum, tile::Shared<float> delta) {
#pragma unroll
  for (int k = 0; k < 16; ++k) {
    const int column = column_of(k);
    const float row_log = log_sum[column];
    const float row_delta = delta[column];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float& weight = s.value[0][k / 2][2 * half + k % 2];
      float& d = slope.value[0][k / 2][2 * half + k % 2];
      weight = column < columns ? exp2f(weight * scale - row_log) : 0.0f;
      d = column < columns ? weight * (d - row_delta) : 0.0f;
    }
  }
}

// The part dq of dqkv (b, t, 3, h, e). The next values arrive during the scores, the next keys during <g, v>.
template <typename Mode, int kWidth, typename Target>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce)
    attention_query_gradient(Given<Mode> of, Sizes sizes, Target* __restrict__ dqkv) {
  using Element = typename Mode::Element;
  constexpr int kRow = kStride<Mode, kWidth>;
  tile::SharedMemory memory;
  const auto queries = memory.take<Element>(kTile * kRow);
  const auto gradients = memory.take<Element>(kTile * kRow);
  const auto keys = memory.take<Element>(kTile * kRow);
  const auto values = memory.take<Element>(kTile * kRow);
  const auto weights = memory.take<float>(kWeights<Mode>);
  const Place at(sizes);
  const Element* k = of.x.of(sizes, at.b, sizes.h + at.head);
  const Element* v = of.x.of(sizes, at.b, 2 * sizes.h + at.head);
  load_tokens<Mode, kWidth>(queries, of.x.of(sizes, at.b, at.head), of.x, at.first, sizes.t);
  load_tokens<Mode, kWidth>(gradients, of.dout.of(sizes, at.b, at.head), of.dout, at.first, sizes.t);
  load_tokens<Mode, kWidth>(values, v, of.x, 0, sizes.t);
  tile::commit_copies();
  load_tokens<Mode, kWidth>(keys, k, of.x, 0, sizes.t);
  tile::commit_copies();
  float log_sum[2];
  float delta[2];
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int i = at.first + row_of(2 * half);
    log_sum[half] = i < sizes.t ? of.log_sum[at.statistics(sizes) + i] * kLog2E : 0.0f;
    delta[half] = i < sizes.t ? of.delta[at.statistics(sizes) + i] : 0.0f;
  }
  SlabSums<kWidth> sums;
  sums.clear();
#pragma unroll 1
  for (int j0 = 0; j0 < sizes.t; j0 += kTile) {
    const int next = j0 + kTile;
    tile::wait_copies<1>();
    __syncthreads();  // the values came in parts through all threads
    Scores<Mode> d;
    multiply_tokens<Mode, kWidth>(d, gradients, values, of.x.width);
    __syncthreads();  // nobody may overwrite the values before all have read them
    if (next < sizes.t) load_tokens<Mode, kWidth>(values, v, of.x, next, sizes.t);
    tile::commit_copies();  // an empty group at the end, so that the waits always leave the newest alone
    tile::wait_copies<1>();
    __syncthreads();  // the keys came in parts through all threads
    Scores<Mode> s;
    multiply_tokens<Mode, kWidth>(s, queries, keys, of.x.width);
    weigh_queries<Mode>(s, d, sizes.t - j0, of.scale * kLog2E, log_sum, delta);
    multiply_slab<kWidth, kRow>(Mode(), sums, s, keys, sizes.e, weights);
    __syncthreads();  // nobody may overwrite the keys before all have read them
    if (next < sizes.t) load_tokens<Mode, kWidth>(keys, k, of.x, next, sizes.t);
    tile::commit_copies();
  }
  store_tokens<kWidth>(sums, {of.scale, of.scale}, at.first, sizes, int64_t{3} * sizes.h * sizes.e,
      dqkv + at.numbers(sizes, 3, 0));
}

// The parts dk (kKeys) and dv (kValues) of dqkv (b, t, 3, h, e): scores lie transposed, a row for each key. The next g
// arrives during dk, the next queries during <v, g>.
template <typename Mode, int kWidth, bool kKeys, bool kValues, typename Target>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce)
    attention_key_gradient(Given<Mode> of, Sizes sizes, Target* __restrict__ dqkv) {
  using Element = typename Mode::Element;
  constexpr int kRow = kStride<Mode, kWidth>;
  tile::SharedMemory memory;
  const auto keys = memory.take<Element>(kTile * kRow);
  const auto values = memory.take<Element>(kTile * kRow);
  const auto queries = memory.take<Element>(kTile * kRow);
  const auto gradients = memory.take<Element>(kTile * kRow);
  const auto weights = memory.take<float>(kWeights<Mode>);
  const auto log_sum = memory.take<float>(kTile);
  const auto delta = memory.take<float>(kTile);
  const Place at(sizes);
  const Element* q = of.x.of(sizes, at.b, at.head);
  const Element* g = of.dout.of(sizes, at.b, at.head);
  load_tokens<Mode, kWidth>(keys, of.x.of(sizes, at.b, sizes.h + at.head), of.x, at.first, sizes.t);
  load_tokens<Mode, kWidth>(values, of.x.of(sizes, at.b, 2 * sizes.h + at.head), of.x, at.first, sizes.t);
  load_tokens<Mode, kWidth>(gradients, g, of.dout, 0, sizes.t);
  tile::commit_copies();
  load_tokens<Mode, kWidth>(queries, q, of.x, 0, sizes.t);
  tile::commit_copies();
  SlabSums<kWidth> key_sums;
  SlabSums<kWidth> value_sums;
  key_sums.clear();
  value_sums.clear();
#pragma unroll 1
  for (int i0 = 0; i0 < sizes.t; i0 += kTile) {
    const int next = i0 + kTile;
    if (threadIdx.x < kTile) {
      const int i = i0 + static_cast<int>(threadIdx.x);
      log_sum[threadIdx.x] = i < sizes.t ? of.log_sum[at.statistics(sizes) + i] * kLog2E : 0.0f;
      delta[threadIdx.x] = i < sizes.t ? of.delta[at.statistics(sizes) + i] : 0.0f;
    }
    tile::wait_copies<1>();
    __syncthreads();  // g came in parts through all threads, and so did the statistics
    Scores<Mode> d;
    d.clear();
    if (kKeys) multiply_tokens<Mode, kWidth>(d, values, gradients, of.x.width);
    tile::wait_copies<0>();
    __syncthreads();  // the queries came in parts through all threads
    Scores<Mode> p;
    multiply_tokens<Mode, kWidth>(p, keys, queries, of.x.width);
    weigh_keys<Mode>(p, d, sizes.t - i0, of.scale * kLog2E, log_sum, delta);
    if (kValues) multiply_slab<kWidth, kRow>(Mode(), value_sums, p, gradients, sizes.e, weights);
    __syncthreads();  // nobody may overwrite g before all have read it
    if (next < sizes.t) load_tokens<Mode, kWidth>(gradients, g, of.dout, next, sizes.t);
    tile::commit_copies();  // an empty group at the end, so that the first wait always leaves the newest alone
    if (kKeys) multiply_slab<kWidth, kRow>(Mode(), key_sums, d, queries, sizes.e, weights);
    __syncthreads();  // nobody may overwrite queries and statistics before all have read them
    if (next < sizes.t) load_tokens<Mode, kWidth>(queries, q, of.x, next, sizes.t);
    tile::commit_copies();
  }
  const int64_t step = int64_t{3} * sizes.h * sizes.e;
  if (kKeys) {
    store_tokens<kWidth>(key_sums, {of.scale, of.scale}, at.first, sizes, step, dqkv + at.numbers(sizes, 3, 1));
  }
  if (kValues) store_tokens<kWidth>(value_sums, {1, 1}, at.first, sizes, step, dqkv + at.numbers(sizes, 3, 2));
}

template <typename Mode, int kWidth, bool kKeys, bool kValues, typename Target>
void launch_key_gradient(gramian_context* context, const Given<Mode>& given, const Sizes& sizes, Target* dqkv) {
  launch(context->stream,
      {"attention_key_gradient", blocks(sizes), kThreads,
          tile_bytes<Mode, kWidth>(4) + 2 * tile::shared_bytes<float>(kTile)},
      attention_key_gradient<Mode, kWidth, kKeys, kValues, Target>, given, sizes, dqkv);
}

template <typename Element>
void backward(gramian_context* context, const Sizes& sizes, const Element* qkv, const Element* out,
    const float* log_sum, const Element* dout, float scale, Element* dqkv) {
  context->begin();
  const int64_t rows = sizes.b * sizes.t * sizes.h;
  float* delta = context->scratch<float>(rows);
  launch(context->stream, {"attention_delta", blocks_of(rows, kRowThreads / 32), kRowThreads},
      attention_delta<Element>, sizes, out, dout, delta);
  with_width<Element>(context, sizes, [&](auto mode, auto width) {
    using Mode = decltype(mode);
    constexpr int kWidth = decltype(width)::value;
    const Given<Mode> given = {heads_of<Mode>(context, sizes, 3, qkv), heads_of<Mode>(context, sizes, 1, dout),
        log_sum, delta, scale};
    launch(context->stream, {"attention_query_gradient", blocks(sizes), kThreads, tile_bytes<Mode, kWidth>(4)},
        attention_query_gradient<Mode, kWidth, Element>, given, sizes, dqkv);
    if constexpr (std::is_same_v<Mode, tile::Float32> && kWidth == kWidest) {
      // registers do not hold the accumulators of both beside float32 operands: scores twice instead
      launch_key_gradient<Mode, kWidth, true, false>(context, given, sizes, dqkv);
      launch_key_gradient<Mode, kWidth, false, true>(context, given, sizes, dqkv);
    } else {
      launch_key_gradient<Mode, kWidth, true, true>(context, given, sizes, dqkv);
    }
  });
}

}  // namespace
}  // namespace gramian

gramian_status gramian_attention_backward(gramian_context* context, const float* qkv, const float* out,
    const float* log_sum, const float* dout, int64_t b, int64_t t, int64_t h, int64_t e, float scale, float* dqkv) {
  using namespace gramian;
  return guarded(
      [&] { backward(context, attention::checked(b, t, h, e), qkv, out, log_sum, dout, scale, dqkv); });
}

gramian_status gramian_attention_backward_bf16(gramian_context* context, const uint16_t* qkv, const uint16_t* out,
    const float* log_sum, const uint16_t* dout, int64_t b, int64_t t, int64_t h, int64_t e, float scale,
    uint16_t* dqkv) {
  using namespace gramian;
  return guarded(
      [&] { backward(context, attention::checked(b, t, h, e), qkv, out, log_sum, dout, scale, dqkv); });
}
