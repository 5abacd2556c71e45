// DenseCL's correspondence on the device (arXiv 2011.09157, section 3.3): for each cell of a map the cell of the other
// map of its image with the largest cosine, the first of equals, by the Gram loop of gram/row_sums.h with the images as
// its batch. 2 n cells^2 channels FLOP (tiles of 128 x 128 cells); no product is stored. Always in float32, whatever
// the precision of the stream: a match is an index, and rounded operands would decide nearly equal cells by their
// rounding.
#include "gram/row_sums.h"
#include "gramian/contrastive.h"
#include "losses/normalize.h"
#include "tile/reduce.h"

namespace gramian {
namespace {

struct Largest {
  float top;
  int at;
};

struct LargestStatistic {
  using Sum = Largest;
  static constexpr float kOut = -std::numeric_limits<float>::infinity();

  __device__ __forceinline__ static Sum start() { return {kOut, 0}; }
  // NaN is larger than nothing, but in the first column nothing is larger than it
  template <int kCount>
  __device__ __forceinline__ static void add(Sum& row, const float (&s)[kCount], const int (&column)[kCount]) {
#pragma unroll
    for (int k = 0; k < kCount; ++k) {
      const bool stays = column[k] == 0 && s[k] != s[k];
      if (stays || s[k] > row.top) row = {stays ? -kOut : s[k], column[k]};
    }
  }
  __device__ __forceinline__ static Sum merge(Sum a, Sum b) {
    return b.top > a.top || (b.top == a.top && b.at < a.at) ? b : a;
  }
  __device__ __forceinline__ static Sum moved(Sum row, int lanes) {
    const float top = __shfl_xor_sync(tile::kAllLanes, row.top, lanes);
    return {top, __shfl_xor_sync(tile::kAllLanes, row.at, lanes)};
  }
};

constexpr int kThreads = 256;

// One thread per cell: the splits in their order, then from cells to rows.
__global__ void __launch_bounds__(kThreads) best_matches(int64_t first, int64_t images, int64_t cells,
    const Largest* __restrict__ partial, int splits, int32_t* __restrict__ match) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= images * cells) return;
  const int64_t image = i / cells;
  const Largest* mine = partial + image * splits * cells + i % cells;
  Largest best = mine[0];
  for (int s = 1; s < splits; ++s) best = LargestStatistic::merge(best, mine[s * cells]);
  match[first * cells + i] = static_cast<int32_t>((first + image) * cells + best.at);
}

Operand<tile::Float32> unit_rows(gramian_context* context, int64_t count, int64_t d, const float* z) {
  const int64_t width = padded_width(d);
  float* u = context->scratch<float>(count * width);
  normalize_rows(context, count, d, z, d, RowRule::unit, kNormEps, width, u, context->scratch<float>(count));
  return {u, count, width};
}

}  // namespace
}  // namespace gramian

gramian_status gramian_dense_match(gramian_context* context, int64_t n, int64_t cells, int64_t channels, const float* a,
    const float* b, int32_t* match) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const Operand<tile::Float32> x = unit_rows(context, n * cells, channels, a);
    const Operand<tile::Float32> y = unit_rows(context, n * cells, channels, b);
    constexpr int64_t kImages = 65535;  // of one launch: the largest blockIdx.z
    for (int64_t first = 0; first < n; first += kImages) {
      const int64_t images = n - first < kImages ? n - first : kImages;
      const int64_t skipped = first * cells * x.width;
      const Operand<tile::Float32> mine = {x.rows + skipped, cells, x.width};
      const Operand<tile::Float32> others = {y.rows + skipped, cells, y.width};
      const RowSums<Largest> out =
          row_sums_of(context, "dense_match", mine, others, Pairs::all(), LargestStatistic(), images);
      launch(context->stream, {"best_matches", blocks_of(images * cells, kThreads), kThreads}, best_matches, first,
          images, cells, out.partial, out.splits, match);
    }
  });
}
