// Convolution as a product whose operands are gathered on the way into shared memory: no matrix of patches exists.
//
// Windows look at the pixels of a source (n,height,width), each of pitch elements, a multiple of 16 bytes. Window (p,q)
// of an image starts at pixel (top + p step, left + q step), and its tap (r,s) is turn r rows and turn s columns away;
// what lies outside of the image is zero. A copy of 16 bytes belongs to one pixel and one tap, so every access is a
// cp.async whatever the sizes are.
//   forward           windows over x, turn 1
//   data backward     windows over dy that walk backwards, turn -1, one set for each remainder of a pixel of dx by the
//                     stride: with it only the taps that reach this pixel are visited, and a block owns what it writes
//   weights backward  the windows of the forward pass, their positions along k
#pragma once

#include "gram/fed_product.h"
#include "tile/divisor.h"

namespace gramian {

struct Windows {
  int height, width;       // of the source
  int count;               // of windows, over all images
  int step, turn;
  int top, left;           // of window (0,0), may be negative
  int taps_h;
  tile::Divisor grid;      // windows of an image
  tile::Divisor columns;   // windows of a row of it
  tile::Divisor taps_w;
  tile::Divisor groups;    // of 16 bytes, in a pixel

  // Where a window starts; row counts through all images.
  struct Corner {
    int image_row, top, left;
  };
  __device__ __forceinline__ Corner corner(int window) const {
    const int image = grid.quotient(window);
    const int p = columns.quotient(window - image * grid.value());
    const int q = window - image * grid.value() - p * columns.value();
    return {image * height, top + p * step, left + q * step};
  }
  // Tap and group of 16 bytes within a pixel of the i-th group of a window.
  struct Tap {
    int row, column, group;
  };
  __device__ __forceinline__ Tap tap(int i) const {
    const int t = groups.quotient(i);
    const int row = taps_w.quotient(t);
    return {row, t - row * taps_w.value(), i - t * groups.value()};
  }
  // Starts the copy of 16 bytes of a tap of a window, or of zeros.
  template <typename Element>
  __device__ __forceinline__ void copy(tile::Shared<Element> target, const Element* __restrict__ source,
      const Corner& at, const Tap& tap, bool inside) const {
    constexpr int kWide = 16 / static_cast<int>(sizeof(Element));
    const int row = at.top + turn * tap.row;
    const int column = at.left + turn * tap.column;
    inside = inside && tap.row < taps_h && row >= 0 && row < height && column >= 0 && column < width;
    const int64_t pixel = static_cast<int64_t>(at.image_row + row) * width + column;
    tile::copy_async(target, source + (inside ? (pixel * groups.value() + tap.group) * kWide : 0), inside);
  }
};

// The weights that taps meet: rows of `pitch` elements, one for each column of the product; tap (r,s) at pixel
// first + r row + s column of a row, pixels as wide as those of the source.
template <typename Mode>
struct TapWeights {
  const typename Mode::Element* rows;
  int count;
  int64_t pitch;
  int first, row, column;
};

// Rows along k, which runs over taps and channels: sums (windows, columns of the weights).
template <typename Shape>
class WindowFeed {
  using Mode = typename Shape::Mode;
  using Element = typename Shape::Element;
  static constexpr int kWide = tile::kElementsIn16Bytes<Mode>;
  static constexpr int kCopies = Mode::kChunk / kWide;  // of a row
  static constexpr int kRowsAtOnce = kGramThreads / kCopies;
  static constexpr int kEach = Shape::kRows / kRowsAtOnce;  // windows of a thread

 public:
  __device__ __forceinline__ WindowFeed(
      const Windows& windows, const Element* source, const TapWeights<Mode>& weights, int i0, int j0)
      : windows_(windows), source_(source), weights_(weights), j0_(j0) {
#pragma unroll
    for (int e = 0; e < kEach; ++e) {
      const int window = i0 + row(e);
      corners_[e] = windows.corner(window < windows.count ? window : 0);
      if (window >= windows.count) corners_[e].top = kOutside;
    }
  }

  __device__ __forceinline__ void load(tile::Shared<Element> stage, int chunk) const {
    constexpr int kStride = tile::kChunkStride<Mode>;
    const int at = static_cast<int>(threadIdx.x) % kCopies;
    const Windows::Tap tap = windows_.tap(chunk * kCopies + at);
#pragma unroll
    for (int e = 0; e < kEach; ++e) {
      windows_.copy(stage + (row(e) * kStride + at * kWide), source_, corners_[e], tap, true);
    }
    const int64_t place = weights_.first + tap.row * weights_.row + tap.column * weights_.column;
    const int64_t offset = (place * windows_.groups.value() + tap.group) * kWide;
#pragma unroll
    for (int e = 0; e < Shape::kColumns / kRowsAtOnce; ++e) {
      const int j = j0_ + row(e);
      const bool inside = j < weights_.count && tap.row < windows_.taps_h;
      tile::copy_async(stage + ((Shape::kRows + row(e)) * kStride + at * kWide),
          weights_.rows + (inside ? j * weights_.pitch + offset : 0), inside);
    }
  }
  __device__ __forceinline__ void multiply(typename Shape::Sums& sums, tile::Shared<Element> stage) const {
    multiply_rows<Shape>(sums, stage);
  }

 private:
  static constexpr int kOutside = -(1 << 30);  // no tap reaches the image from there
  static __device__ __forceinline__ int row(int e) { return e * kRowsAtOnce + static_cast<int>(threadIdx.x) / kCopies; }

  const Windows& windows_;
  const Element* source_;
  const TapWeights<Mode>& weights_;
  int j0_;
  Windows::Corner corners_[kEach];
};

// Rows across k, which runs over the windows: sums (taps and channels, columns of dy). A thread keeps its tap.
template <typename Shape>
class PatchFeed {
  using Mode = typename Shape::Mode;
  using Element = typename Shape::Element;
  static constexpr int kWide = tile::kElementsIn16Bytes<Mode>;
  static constexpr int kCopies = Shape::kRows / kWide;  // of a row
  static constexpr int kRowsAtOnce = kGramThreads / kCopies;

 public:
  __device__ __forceinline__ PatchFeed(
      const Windows& windows, const Element* source, const Operand<Mode>& dy, int i0, int j0)
      : windows_(windows), source_(source), dy_(dy), j0_(j0),
        tap_(windows.tap(i0 / kWide + static_cast<int>(threadIdx.x) % kCopies)) {}

  __device__ __forceinline__ void load(tile::Shared<Element> stage, int chunk) const {
    constexpr int kStride = tile::kTurnedStride<Shape::kRows>;
    const int at = static_cast<int>(threadIdx.x) % kCopies;
    const int first = chunk * Mode::kChunk;
#pragma unroll
    for (int e = 0; e < Mode::kChunk / kRowsAtOnce; ++e) {
      const int row = e * kRowsAtOnce + static_cast<int>(threadIdx.x) / kCopies;
      const bool inside = first + row < windows_.count;
      const Windows::Corner corner = windows_.corner(inside ? first + row : 0);
      windows_.copy(stage + (row * kStride + at * kWide), source_, corner, tap_, inside);
    }
    tile::load_rows<Mode::kChunk, Shape::kColumns, kGramThreads>(stage + kTurnedRight<Shape>,
        tile::kTurnedStride<Shape::kColumns>, dy_.rows, dy_.count, dy_.width, first, j0_);
  }
  __device__ __forceinline__ void multiply(typename Shape::Sums& sums, tile::Shared<Element> stage) const {
    multiply_turned<Shape>(sums, stage);
  }

 private:
  const Windows& windows_;
  const Element* source_;
  const Operand<Mode>& dy_;
  int j0_;
  Windows::Tap tap_;
};

}  // namespace gramian
