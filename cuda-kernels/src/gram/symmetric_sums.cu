#include "gram/symmetric_sums.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;

// One thread per row: what the row has so far, its own splits in their order, then the row tiles of the band before it.
__global__ void __launch_bounds__(kThreads) merge_symmetric(int64_t count, Band band,
    ExponentialSum* __restrict__ total) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  const int mine = static_cast<int>(i / band.height) - band.first;
  if (i >= count || mine < 0) return;
  double sum = band.first == 0 ? 0 : total[i].sum;
  if (mine < band.count) {
    const int all = static_cast<int>((count + band.height - 1) / band.height);
    const int splits = (all - band.first - mine + band.tiles - 1) / band.tiles;
    for (int s = 0; s < splits; ++s) {
      sum += band.along[(static_cast<int64_t>(s) * band.count + mine) * band.height + i % band.height];
    }
  }
  for (int t = 0; t < band.count && t < mine; ++t) sum += static_cast<double>(band.across[t * count + i]);
  total[i] = {1.0f, sum};
}

}  // namespace

void merge_band(gramian_context* context, int64_t rows, const Band& band, ExponentialSum* total) {
  launch(context->stream, {"merge_symmetric", blocks_of(rows, kThreads), kThreads}, merge_symmetric, rows, band, total);
}

}  // namespace gramian
