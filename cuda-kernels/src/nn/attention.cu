// Attention (arXiv 1706.03762, eq. 1) of each head, without its scores in memory:
//   out_i = sum_j p_ij v_j, p_ij = exp(s_ij - L_i), s_ij = scale <q_i, k_j>, L_i = log sum_j exp(s_ij).
//
// A block owns 64 queries; tiles of 64 keys and values flow past them. The softmax is computed on the way (Milakov and
// Gimelshein, arXiv 1805.02867): each row keeps its largest score and the sum relative to it, and what was added up
// before shrinks when that grows (FlashAttention, arXiv 2205.14135, algorithm 1). Operands are rounded to the precision
// of the context, sums and statistics are float32. 4 b h t^2 e FLOP; the keys and values t / 64 times from the L2
// cache; 16 b t h e bytes of device memory, and where q, k and v are rounded first, 4 or 2 more of each number twice;
// 8 b t h e in bfloat16, where heads of a multiple of 8 numbers are read as they lie.
#include "gramian/bfloat16.h"
#include "gramian/transformer.h"
#include "nn/attention_call.h"
#include "tile/reduce.h"

namespace gramian {
namespace {

using namespace attention;

constexpr float kLn2 = 0.6931471805599453f;

// Of the two rows that a lane has a part of, in powers of 2.
struct Softmax {
  float top[2] = {-INFINITY, -INFINITY};
  float sum[2] = {0, 0};  // of this lane's columns

  // Scores of a tile, `columns` of which count, become weights relative to top; so does what was added up before.
  template <typename Mode, int kWidth>
  __device__ __forceinline__ void add(Scores<Mode>& s, SlabSums<kWidth>& out, int columns, float scale) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float larger = top[half];
#pragma unroll
      for (int k = 0; k < 16; ++k) {
        float& score = s.value[0][k / 2][2 * half + k % 2];
        score = column_of(k) < columns ? score * scale : -INFINITY;
        larger = fmaxf(larger, score);
      }
      larger = tile::quad_max(larger);
      // nothing but -inf so far: any finite number keeps exp(-inf) at 0 instead of NaN
      const float shift = larger == -INFINITY ? 0.0f : larger;
      const float shrink = exp2f(top[half] - shift);
      top[half] = larger;
      float tile_sum = 0;
#pragma unroll
      for (int k = 0; k < 16; ++k) {
        float& weight = s.value[0][k / 2][2 * half + k % 2];
        weight = exp2f(weight - shift);
        tile_sum += weight;
      }
      sum[half] = sum[half] * shrink + tile_sum;
#pragma unroll
      for (int n = 0; n < kWidth / 8; ++n) {
        out.value[0][n][2 * half] *= shrink;
        out.value[0][n][2 * half + 1] *= shrink;
      }
    }
  }
};

// out (b, t, h, e), log_sum (b, h, t). The next keys arrive while weights and values are multiplied, the next values
// during the scores.
template <typename Mode, int kWidth, typename Target>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce) attention_forward(
    Heads<Mode> x, Sizes sizes, float scale, Target* __restrict__ out, float* __restrict__ log_sum) {
  using Element = typename Mode::Element;
  constexpr int kRow = kStride<Mode, kWidth>;
  tile::SharedMemory memory;
  const auto queries = memory.take<Element>(kTile * kRow);
  const auto keys = memory.take<Element>(kTile * kRow);
  const auto values = memory.take<Element>(kTile * kRow);
  const auto weights = memory.take<float>(kWeights<Mode>);
  const Place at(sizes);
  const Element* k = x.of(sizes, at.b, sizes.h + at.head);
  const Element* v = x.of(sizes, at.b, 2 * sizes.h + at.head);
  load_tokens<Mode, kWidth>(queries, x.of(sizes, at.b, at.head), x, at.first, sizes.t);
  load_tokens<Mode, kWidth>(keys, k, x, 0, sizes.t);
  tile::commit_copies();
  load_tokens<Mode, kWidth>(values, v, x, 0, sizes.t);
  tile::commit_copies();
  Softmax rows;
  SlabSums<kWidth> sums;
  sums.clear();
#pragma unroll 1
  for (int j0 = 0; j0 < sizes.t; j0 += kTile) {
    const int next = j0 + kTile;
    tile::wait_copies<1>();
    __syncthreads();  // the keys came in parts through all threads
    Scores<Mode> s;
    multiply_tokens<Mode, kWidth>(s, queries, keys, x.width);
    __syncthreads();  // nobody may overwrite the keys before all have read them
    if (next < sizes.t) load_tokens<Mode, kWidth>(keys, k, x, next, sizes.t);
    tile::commit_copies();  // an empty group at the end, so that the waits always leave the newest alone
    rows.template add<Mode, kWidth>(s, sums, sizes.t - j0, scale * kLog2E);
    tile::wait_copies<1>();
    __syncthreads();  // the values came in parts through all threads
    multiply_slab<kWidth, kRow>(Mode(), sums, s, values, sizes.e, weights);
    __syncthreads();  // nobody may overwrite the values before all have read them
    if (next < sizes.t) load_tokens<Mode, kWidth>(values, v, x, next, sizes.t);
    tile::commit_copies();
  }

  float inverse[2];
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const float sum = tile::quad_sum(rows.sum[half]);
    inverse[half] = 1.0f / sum;
    const int i = at.first + row_of(2 * half);
    if (i < sizes.t && tile::lane_of_warp() % 4 == 0) {
      log_sum[at.statistics(sizes) + i] = (rows.top[half] + log2f(sum)) * kLn2;
    }
  }
  store_tokens<kWidth>(sums, inverse, at.first, sizes, static_cast<int64_t>(sizes.h) * sizes.e,
      out + at.numbers(sizes, 1, 0));
}

template <typename Element>
void forward(gramian_context* context, const Sizes& sizes, const Element* qkv, float scale, Element* out,
    float* log_sum) {
  context->begin();
  with_width<Element>(context, sizes, [&](auto mode, auto width) {
    using Mode = decltype(mode);
    constexpr int kWidth = decltype(width)::value;
    launch(context->stream, {"attention", blocks(sizes), kThreads, tile_bytes<Mode, kWidth>(3)},
        attention_forward<Mode, kWidth, Element>, heads_of<Mode>(context, sizes, 3, qkv), sizes, scale, out, log_sum);
  });
}

}  // namespace
}  // namespace gramian

gramian_status gramian_attention_forward(gramian_context* context, const float* qkv, int64_t b, int64_t t, int64_t h,
    int64_t e, float scale, float* out, float* log_sum) {
  using namespace gramian;
  return guarded([&] { forward(context, attention::checked(b, t, h, e), qkv, scale, out, log_sum); });
}

gramian_status gramian_attention_forward_bf16(gramian_context* context, const uint16_t* qkv, int64_t b, int64_t t,
    int64_t h, int64_t e, float scale, uint16_t* out, float* log_sum) {
  using namespace gramian;
  return guarded([&] { forward(context, attention::checked(b, t, h, e), qkv, scale, out, log_sum); });
}
