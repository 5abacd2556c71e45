#include "gram/feature_fold.h"

#include "gram/columns.h"

namespace gramian {
namespace {

// Rows of the Gram that are kept at a time: as many as in feature_gram.cpp, a multiple of every tile size.
constexpr int64_t kStrip = 512;

}  // namespace

FeatureFold::FeatureFold(gramian_context* context, int64_t n, int64_t d, float alpha, float masked, bool backward)
    : threads_(context->threads),
      n_(n),
      d_(d),
      alpha_(alpha),
      masked_(masked),
      backward_(backward),
      strips_(d, std::min<int64_t>(d, kStrip)),
      rows_(n, n >= 2048 ? 256 : 128),
      // small Grams in small tiles, so that there is one for each thread
      tile_(std::min<int64_t>(d, d >= 512 ? 256 : d > 128 ? 128 : 64)),
      ld_(padded(backward ? d : tile_)),
      gram_(context->scratch<float>((backward ? strips_.size() : threads_ * tile_) * ld_)) {}

void FeatureFold::fill(Panel z, const GramTile& tile) const {
  gemm(true, false, tile.i.size, tile.j.size, n_, alpha_, z.data + tile.i.begin, z.ld, z.data + tile.j.begin, z.ld, 0,
      tile.data, tile.ld);
  if (!tile.diagonal()) return;
  for (int64_t k = 0; k < tile.i.size; ++k) tile.data[k * tile.ld + k] = masked_;
}

// Tiles of the square part of the strip stand in for those below the diagonal.
void FeatureFold::mirror(Range strip, const GramTile& tile) const {
  if (tile.diagonal() || tile.j.begin >= strip.begin + strip.size) return;
  float* to = gram_ + (tile.j.begin - strip.begin) * ld_ + tile.i.begin;
  for (int64_t k = 0; k < tile.i.size; ++k) {
    for (int64_t l = 0; l < tile.j.size; ++l) to[l * ld_ + k] = tile.data[k * ld_ + l];
  }
}

}  // namespace gramian
