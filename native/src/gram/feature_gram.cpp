#include "gram/feature_gram.h"

#include "gram/columns.h"
#include "gram/squares.h"

namespace gramian {
namespace {

// Rows of the Gram that are kept at a time: products with them run at the speed of large matrices.
constexpr int64_t kStrip = 512;

}  // namespace

FeatureGram::FeatureGram(gramian_context* context, int64_t n, int64_t d, bool backward, int views)
    : threads_(context->threads),
      n_(n),
      d_(d),
      backward_(backward),
      views_(views),
      together_(d <= kStrip ? views : 1),
      strips_(d, std::min<int64_t>(d, kStrip)),
      rows_(n, n >= 2048 ? 256 : 128),
      // small Grams in small tiles, so that there is one for each thread
      tile_(std::min<int64_t>(d, d >= 512 ? 256 : d > 128 ? 128 : 64)),
      ld_(padded(backward ? d : tile_)) {
  gram_ = context->scratch<float>((backward ? together_ * strips_.size() : threads_ * tile_) * ld_);
  row_sums_ = context->scratch<double>(together_ * row_sums_size());
  column_sums_ = context->scratch<double>(together_ * column_sums_size());
}

void FeatureGram::clear_sums() {
  std::memset(row_sums_, 0, static_cast<size_t>(together_ * row_sums_size()) * sizeof(double));
  std::memset(column_sums_, 0, static_cast<size_t>(together_ * column_sums_size()) * sizeof(double));
}

void FeatureGram::pair_strip(Range strip, Panel a, Panel b, float alpha, float slope, const float* diagonal) {
  const Blocks rows(strip.size, tile_);
  const Blocks columns(d_, tile_);
  clear_sums();
#pragma omp parallel for num_threads(threads_) schedule(dynamic, 1)
  for (int64_t task = 0; task < rows.count() * columns.count(); ++task) {
    const int64_t ti = task / columns.count();
    const int64_t tj = task % columns.count();
    const Range i = rows[ti];
    const Range j = columns[tj];
    float* tile = tile_at(omp_get_thread_num(), 0, i.begin, j.begin);
    gemm(true, false, i.size, j.size, n_, alpha, a.data + strip.begin + i.begin, a.ld, b.data + j.begin, b.ld, 0, tile,
        ld_);
    // the diagonal is known to float64 from elsewhere: it stays out of the sums, and its gradient is put in its place
    const int64_t offset = strip.begin + i.begin - j.begin;
    for (int64_t k = 0; k < i.size; ++k) {
      if (k + offset >= 0 && k + offset < j.size) tile[k * ld_ + k + offset] = 0;
    }
    GRAMIAN_SIMD(fold_squares)(i.size, j.size, slope, tile, ld_, row_sums_ + tj * strips_.size() + i.begin,
        column_sums_ + ti * d_ + j.begin);
    for (int64_t k = 0; k < i.size && backward_; ++k) {
      if (k + offset >= 0 && k + offset < j.size) tile[k * ld_ + k + offset] = diagonal[j.begin + k + offset];
    }
  }
}

void FeatureGram::self_strip(Range strip, const Panel* z, float slope, double* squares) {
  const Blocks rows(strip.size, tile_);
  const Blocks columns(d_ - strip.begin, tile_);
  clear_sums();
  const int64_t tiles = rows.count() * columns.count();
  for_each_block(threads_, Blocks(together_ * tiles, 1), [&](int thread, Range task) {
    const int64_t view = task.begin / tiles;
    const int64_t ti = task.begin % tiles / columns.count();
    const int64_t tj = task.begin % columns.count();
    if (tj >= ti) self_tile(thread, strip, z[view], slope, ti, tj, view);
  });
  for (int64_t view = 0; view < together_; ++view) {
    const double* sums = row_sums_ + view * row_sums_size();
    for (int64_t tj = 0; tj < columns.count(); ++tj) {
      for (int64_t i = 0; i < strip.size; ++i) {
        squares[view] += (i / tile_ == tj ? 1 : 2) * sums[tj * strips_.size() + i];
      }
    }
  }
}

void FeatureGram::self_tile(
    int thread, Range strip, const Panel& z, float slope, int64_t ti, int64_t tj, int64_t view) {
  const Blocks rows(strip.size, tile_);
  const Range i = rows[ti];
  const Range j = Blocks(d_ - strip.begin, tile_)[tj];
  float* tile = tile_at(thread, view, i.begin, strip.begin + j.begin);
  gemm(true, false, i.size, j.size, n_, 1, z.data + strip.begin + i.begin, z.ld, z.data + strip.begin + j.begin, z.ld,
      0, tile, ld_);
  if (ti == tj) {
    for (int64_t k = 0; k < i.size; ++k) tile[k * ld_ + k] = 0;
  }
  GRAMIAN_SIMD(fold_squares)(i.size, j.size, slope, tile, ld_,
      row_sums_ + view * row_sums_size() + tj * strips_.size() + i.begin,
      column_sums_ + view * column_sums_size() + ti * d_ + j.begin);
  if (backward_ && tj > ti && tj < rows.count()) {
    float* mirror = gram(view) + j.begin * ld_ + strip.begin + i.begin;
    for (int64_t k = 0; k < i.size; ++k) {
      for (int64_t l = 0; l < j.size; ++l) mirror[l * ld_ + k] = tile[k * ld_ + l];
    }
  }
}

}  // namespace gramian
