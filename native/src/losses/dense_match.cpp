// DenseCL's correspondence (arXiv 2011.09157, section 3.3): cell i of one feature map matches the cell j of the other
// with the largest cosine. Per image a (cells, cells) product of unit rows, 2 cells^2 channels FLOP, in a tile of one
// thread.
#include "core/status.h"
#include "gramian/contrastive.h"
#include "losses/contrastive_rows.h"

namespace gramian {
namespace {

// The first of the largest, 0 where nothing is larger than NaN.
int64_t largest(int64_t count, const float* s) {
  int64_t best = 0;
  for (int64_t j = 1; j < count; ++j) best = s[j] > s[best] ? j : best;
  return best;
}

}  // namespace
}  // namespace gramian

gramian_status gramian_dense_match(gramian_context* context, int64_t n, int64_t cells, int64_t channels, const float* a,
    const float* b, int32_t* match) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const ContrastiveRows x(context, n * cells, channels, channels);
    const ContrastiveRows y(context, n * cells, channels, channels);
    x.take(0, n * cells, a, RowRule::unit, kNormEps);
    y.take(0, n * cells, b, RowRule::unit, kNormEps);
    constexpr int64_t kCells = 64;  // rows of a tile
    float* tiles = context->scratch<float>(context->threads * kCells * cells);
    for_each_block(context->threads, Blocks(n, 1), [&](int thread, Range image) {
      float* tile = tiles + thread * kCells * cells;
      const int64_t first = image.begin * cells;
      for (int64_t i = 0; i < cells; i += kCells) {
        const int64_t rows = std::min(kCells, cells - i);
        gemm(false, true, rows, cells, channels, 1, x.u + (first + i) * channels, channels, y.u + first * channels,
            channels, 0, tile, cells);
        for (int64_t k = 0; k < rows; ++k) {
          match[first + i + k] = static_cast<int32_t>(first + largest(cells, tile + k * cells));
        }
      }
    });
  });
}
