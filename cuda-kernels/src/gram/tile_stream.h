// The main loop of kernels that go over several tiles of Y with the same rows of X: chunks of Y flow through two stages
// across the borders of tiles, so that the first chunk of a tile arrives while the entries of the one before are worked
// on. Rows of X stay in shared memory for all tiles where they fit (kept_stride), and flow with Y where they do not.
//
// A tile of 128 x 128 then reads 128 width elements from the L2 cache instead of 256 width.
#pragma once

#include "gram/tile_product.h"

namespace gramian {

// Shared memory that every device of sm_80 and later of its class gives to a block: 163 KiB, less what kernels take
// beside the tiles.
constexpr size_t kTileBytes = 144 * 1024;

// Elements from one kept row of X to the next: 16 bytes behind the width, so that neighbouring rows start 4 banks
// apart. 0 where rows do not fit beside the stages of Y.
template <typename Shape>
__host__ __device__ constexpr int kept_stride(int64_t width) {
  using Mode = typename Shape::Mode;
  const int64_t stride = width + tile::kElementsIn16Bytes<Mode>;
  const int64_t stages = 2 * Shape::kColumns * tile::kChunkStride<Mode>;
  const int64_t bytes = (Shape::kRows * stride + stages) * static_cast<int64_t>(sizeof(typename Shape::Element));
  return bytes <= static_cast<int64_t>(kTileBytes) ? static_cast<int>(stride) : 0;
}

// Elements of shared memory that the loop takes.
template <typename Shape>
__host__ __device__ constexpr int64_t stream_elements(int64_t width) {
  const int stride = kept_stride<Shape>(width);
  return stride == 0 ? Shape::kStages * Shape::kStage
                     : Shape::kRows * stride + 2 * Shape::kColumns * tile::kChunkStride<typename Shape::Mode>;
}

template <typename Shape>
class TileStream {
  using Mode = typename Shape::Mode;
  using Memory = tile::Shared<typename Shape::Element>;
  using Rows = Operand<Mode>;
  static constexpr int kStride = tile::kChunkStride<Mode>;

 public:
  // Tiles first .. end - 1 of Y; memory (stream_elements). Starts the copies of the first chunk, and of all kept rows.
  __device__ __forceinline__ TileStream(
      Memory memory, int stride, const Rows& x, int i0, const Rows& y, int first, int end)
      : memory_(memory), stride_(stride), x_(x), y_(y), i0_(i0), j0_(first * Shape::kColumns),
        end_(end * Shape::kColumns), stages_(stride == 0 ? 0 : Shape::kRows * stride),
        stage_(stride == 0 ? Shape::kStage : Shape::kColumns * kStride) {
    if (stride_ != 0 && first < end) {
#pragma unroll 1
      for (int64_t k = 0; k < x.width; k += Mode::kChunk) {
        tile::load_rows<Shape::kRows, Mode::kChunk, kGramThreads>(
            memory_ + k, stride_, x.rows, x.count, x.width, i0, k);
      }
    }
    load_next();
  }

  // sums = the products of the next tile. All threads may go on to work on them while the next chunk arrives.
  __device__ __forceinline__ void multiply(typename Shape::Sums& sums) {
    sums.clear();
#pragma unroll 1
    for (int64_t k = 0; k < x_.width; k += Mode::kChunk) {
      const Memory stage = memory_ + (stages_ + used_ * stage_);
      used_ ^= 1;
      load_next();
      tile::wait_copies<1>();
      __syncthreads();  // the chunk that this thread waited for came in parts through all threads
      const Memory columns = stage + (stride_ == 0 ? Shape::kRows * kStride : 0);
      const Memory rows = stride_ == 0 ? stage : memory_ + k;
      const int stride = stride_ == 0 ? kStride : stride_;
      tile::multiply_chunk(Mode(), sums, rows + Shape::warp_row() * stride, columns + Shape::warp_column() * kStride,
          stride);
      __syncthreads();  // nobody may overwrite the stage before all have read it
    }
  }

 private:
  // Starts the next chunk, if there is one, and closes the group in any case, so that a wait leaves the newest alone.
  __device__ __forceinline__ void load_next() {
    if (j0_ < end_ && x_.width > 0) {
      Memory stage = memory_ + (stages_ + loaded_ * stage_);
      loaded_ ^= 1;
      if (stride_ == 0) {
        tile::load_rows<Shape::kRows, Mode::kChunk, kGramThreads>(stage, kStride, x_.rows, x_.count, x_.width, i0_, k_);
        stage = stage + Shape::kRows * kStride;
      }
      tile::load_rows<Shape::kColumns, Mode::kChunk, kGramThreads>(
          stage, kStride, y_.rows, y_.count, y_.width, j0_, k_);
      k_ += Mode::kChunk;
      if (k_ == x_.width) {
        k_ = 0;
        j0_ += Shape::kColumns;
      }
    }
    tile::commit_copies();
  }

  Memory memory_;
  int stride_;  // of the kept rows, or 0
  Rows x_, y_;
  int i0_;
  int j0_, end_;     // of the chunk to be started next
  int64_t k_ = 0;
  int stages_, stage_;
  int loaded_ = 0;  // the stage that the next chunk goes to
  int used_ = 0;    // and the one that is multiplied next
};

}  // namespace gramian
