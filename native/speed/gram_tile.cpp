// How close the product inside the Gram loop comes to what one core can do: tiles of 192 x 192 out of rows and packed
// panels, as self_gram.h makes them, beside multiply-adds in registers. Both in turns, so that a core that changes its
// frequency changes both; medians of the rounds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "fma_peak.h"
#include "gram/panels.h"

namespace {

constexpr int kRounds = 41;
constexpr int64_t kTile = 192;
constexpr int64_t kTiles = 40;  // columns of tiles that a round walks along

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// GFLOP/s of both, and the share of the first in the second.
void row(int64_t d) {
  const int64_t n = kTile * kTiles;
  const int64_t width = GRAMIAN_SIMD(panel_width)();
  std::vector<float> u(static_cast<size_t>(n * d)), panels(u.size()), tile(kTile * (kTile + 16));
  for (size_t k = 0; k < u.size(); ++k) u[k] = static_cast<float>(k % 17) - 8;
  GRAMIAN_SIMD(pack_item_panels)(1, n, d, u.data(), panels.data());
  std::vector<double> tiles, peaks, shares;
  float sink = 0.5f;
  for (int round = 0; round < kRounds; ++round) {
    double start = seconds();
    for (int64_t j = 0; j < kTiles; ++j) {
      GRAMIAN_SIMD(panel_product)(false, kTile, kTile / width, d, u.data() + round % kTiles * kTile * d, d,
          panels.data() + j * kTile * d, d * width, false, tile.data(), kTile + 16);
    }
    tiles.push_back(2e-9 * static_cast<double>(kTile * kTile * kTiles * d) / (seconds() - start));
    start = seconds();
    const int64_t flop = GRAMIAN_SIMD(multiply_adds)(2000000, &sink);
    peaks.push_back(1e-9 * static_cast<double>(flop) / (seconds() - start));
    shares.push_back(tiles.back() / peaks.back());
  }
  std::printf("%8lld %18.1f %18.1f %11.0f %%\n", static_cast<long long>(d), median(tiles), median(peaks),
      100 * median(shares));
}

}  // namespace

int main() {
  std::printf("%8s %18s %18s %13s\n", "features", "Gram tile, GFLOP/s", "peak, GFLOP/s", "share");
  for (const int64_t d : {128, 256, 512}) row(d);
  return 0;
}
