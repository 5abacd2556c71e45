#include "gram/sample_gram.h"

#include <cblas.h>

#include <cstring>

#include "gram/squares.h"

namespace gramian {
namespace {

// Rows of a tile of K: large enough that OpenBLAS packs each operand once for 256 products per element.
constexpr int64_t kTile = 256;
// Floats of one panel: two of them stay in a 4 MB slice of the last cache between filling and multiplying.
constexpr int64_t kPanel = 512 * 1024;
// Columns below which a product is too thin to run at speed.
constexpr int64_t kThinnest = 256;

int64_t tiles_of(int64_t n) {
  const int64_t blocks = (n + kTile - 1) / kTile;
  return blocks * (blocks + 1) / 2;
}

// Columns of one task: wide rows stream better and pack K less often, but a block should fit the L2 cache of a core.
int64_t block_of(int64_t d) { return d >= 4096 ? 256 : d >= 1024 ? 128 : 64; }

}  // namespace

Blocks SampleGram::backward_blocks() const { return Blocks(d_, block_of(d_)); }

SampleGram::SampleGram(gramian_context* context, int64_t n, int64_t d, int views)
    : threads_(context->threads), n_(n), d_(d), views_(views) {
  chunk_ = std::min(d, std::max<int64_t>(kThinnest, kPanel / std::max<int64_t>(n, 1) / kThinnest * kThinnest));
  slab_ = block_of(d);
  stride_ = padded(chunk_);
  // A small K has few tiles: its columns are cut in parts as well, so that there is work for 8 threads.
  const int64_t tasks = views * tiles_of(n);
  parts_ = std::max<int64_t>(1, std::min<int64_t>(8 / std::max<int64_t>(tasks, 1), chunk_ / kThinnest));
  for (int view = 0; view < views; ++view) {
    panel_[view] = context->scratch<float>(n * stride_);
    k_[view] = context->scratch<float>(parts_ * n * n);
    std::memset(k_[view], 0, static_cast<size_t>(parts_ * n * n) * sizeof(float));
  }
  row_sums_ = context->scratch<double>(n);
}

void SampleGram::multiply(int64_t width) {
  const int64_t tiles = tiles_of(n_);
#pragma omp parallel for num_threads(threads_) schedule(dynamic, 1)
  for (int64_t task = 0; task < views_ * parts_ * tiles; ++task) {
    const int64_t view = task / (parts_ * tiles);
    const int64_t part = task / tiles % parts_;
    int64_t row = 0;
    int64_t column = task % tiles;
    while (column > row) column -= ++row;
    const Range i = Blocks(n_, kTile)[row];
    const Range j = Blocks(n_, kTile)[column];
    const int64_t from = width * part / parts_;
    const int64_t depth = width * (part + 1) / parts_ - from;
    const float* xi = panel_[view] + i.begin * stride_ + from;
    const float* xj = panel_[view] + j.begin * stride_ + from;
    float* tile = k_[view] + part * n_ * n_ + i.begin * n_ + j.begin;
    if (row == column) {
      cblas_ssyrk(CblasRowMajor, CblasLower, CblasNoTrans, static_cast<blasint>(i.size), static_cast<blasint>(depth), 1,
          xi, static_cast<blasint>(stride_), 1, tile, static_cast<blasint>(n_));
    } else {
      gemm(false, true, i.size, j.size, depth, 1, xi, stride_, xj, stride_, 1, tile, n_);
    }
  }
}

void SampleGram::merge() {
  for (int view = 0; view < views_; ++view) {
    float* k = k_[view];
    for_each_block(threads_, Blocks(n_, 64), [&](int, Range rows) {
      for (int64_t i = rows.begin; i < rows.begin + rows.size; ++i) {
        GRAMIAN_SIMD(merge_parts)(i + 1, parts_, n_ * n_, k + i * n_);
      }
    });
    // mirror: each block writes columns that no other block writes
    for_each_block(threads_, Blocks(n_, 64), [&](int, Range rows) {
      for (int64_t j0 = 0; j0 < rows.begin + rows.size; j0 += 64) {
        for (int64_t i = rows.begin; i < rows.begin + rows.size; ++i) {
          for (int64_t j = j0; j < std::min(j0 + 64, i); ++j) k[j * n_ + i] = k[i * n_ + j];
        }
      }
    });
  }
}

double SampleGram::pair(int one, int other) const {
  for_each_block(threads_, Blocks(n_, 32), [&](int, Range rows) {
    for (int64_t i = rows.begin; i < rows.begin + rows.size; ++i) {
      row_sums_[i] = GRAMIAN_SIMD(inner_product)(n_, k_[one] + i * n_, k_[other] + i * n_);
    }
  });
  double sum = 0;
  for (int64_t i = 0; i < n_; ++i) sum += row_sums_[i];
  return sum;
}

}  // namespace gramian
