// dweights[o,r,s,j] = sum over images and pixels (p,q) of dy[p,q,o] x[p stride + r, q stride + s, j] (x padded);
// 2 n oh ow k kernel_h 3 c FLOP.
//
// x is packed as (c/8, image, padded row, padded column, 8) and dy as (k/4, image, row, column, 4), so that one group
// of
// either is read front to back. A tile of 3 taps x 4 outputs x 8 channels fills 12 of the 16 vector registers of
// AVX2; a pixel
// costs 7 loads for 12 multiply-adds, so the multipliers are the limit. Each thread owns tiles, and visits pixels in
// one order.
#include "nn/weight_gradient.h"

#include <cstring>

namespace gramian {
namespace GRAMIAN_ISA {
namespace {

typedef float Vector __attribute__((vector_size(32), may_alias));  // 8 floats

constexpr int64_t kC = kWeightGradientChannels;
constexpr int64_t kK = kWeightGradientOutputs;
constexpr int64_t kTile = kWeightGradientWidth * kK;  // vectors of one tile

inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

void pack_x(int threads, const WeightGradient& g, int64_t images, const float* x, float* packed) {
  const int64_t slice = g.chunk * g.padded_h() * g.padded_w() * kC;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t row = 0; row < images * g.h; ++row) {
    const float* source = x + row * g.w * g.c;
    const int64_t at = ((row / g.h * g.padded_h() + row % g.h + g.padding) * g.padded_w() + g.padding) * kC;
    for (int64_t q = 0; q < g.w; ++q) {
      for (int64_t group = 0; group < g.c / kC; ++group) {
        std::memcpy(packed + group * slice + at + q * kC, source + q * g.c + group * kC, sizeof(Vector));
      }
    }
  }
}

void pack_dy(int threads, const WeightGradient& g, int64_t images, const float* dy, float* packed) {
  const int64_t slice = g.chunk * g.oh * g.ow * kK;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t pixel = 0; pixel < images * g.oh * g.ow; ++pixel) {
    for (int64_t group = 0; group < g.k / kK; ++group) {
      std::memcpy(packed + group * slice + pixel * kK, dy + pixel * g.k + group * kK, kK * sizeof(float));
    }
  }
}

// Four outputs of one tap. Named members and no array, so that the compiler keeps them in registers.
struct Sums {
  Vector a, b, c, d;
};

inline void load(const Vector* from, Sums& sums) { sums = {from[0], from[1], from[2], from[3]}; }

inline void store(const Sums& sums, Vector* to) {
  to[0] = sums.a;
  to[1] = sums.b;
  to[2] = sums.c;
  to[3] = sums.d;
}

// Adds the products of one row of taps to a tile: x points at the first pixel's first tap.
void add_products(const WeightGradient& g, int64_t images, const float* x, const float* dy, Vector* tile) {
  Sums left, middle, right;
  load(tile, left);
  load(tile + kK, middle);
  load(tile + 2 * kK, right);
  const int64_t step = g.stride * kC;
  for (int64_t image = 0; image < images; ++image) {
    for (int64_t p = 0; p < g.oh; ++p) {
      const float* in = x + (image * g.padded_h() + p * g.stride) * g.padded_w() * kC;
      const float* out = dy + (image * g.oh + p) * g.ow * kK;
      for (int64_t q = 0; q < g.ow; ++q, in += step, out += kK) {
        const Vector* taps = reinterpret_cast<const Vector*>(in);
        const Vector l = taps[0];
        const Vector m = taps[1];
        const Vector r = taps[2];
        left.a += l * out[0];
        middle.a += m * out[0];
        right.a += r * out[0];
        left.b += l * out[1];
        middle.b += m * out[1];
        right.b += r * out[1];
        left.c += l * out[2];
        middle.c += m * out[2];
        right.c += r * out[2];
        left.d += l * out[3];
        middle.d += m * out[3];
        right.d += r * out[3];
      }
    }
  }
  store(left, tile);
  store(middle, tile + kK);
  store(right, tile + 2 * kK);
}

// sums are (k/4, c/8, kernel_h, 3, 4, 8)
void unpack(int threads, const WeightGradient& g, const float* sums, float* dweights) {
  const int64_t taps = g.kernel_h * kWeightGradientWidth;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t o = 0; o < g.k; ++o) {
    for (int64_t tap = 0; tap < taps; ++tap) {
      for (int64_t group = 0; group < g.c / kC; ++group) {
        const int64_t tile = (o / kK * (g.c / kC) + group) * taps + tap;
        std::memcpy(dweights + (o * taps + tap) * g.c + group * kC, sums + (tile * kK + o % kK) * kC, sizeof(Vector));
      }
    }
  }
}

}  // namespace

void weight_gradient(int threads, const WeightGradient& g, const float* x, const float* dy, float* packed_x,
    float* packed_dy, float* sums, float* dweights) {
  const int64_t groups_c = g.c / kC;
  const int64_t groups_k = g.k / kK;
  const int64_t slice_x = g.chunk * g.padded_h() * g.padded_w() * kC;
  const int64_t slice_dy = g.chunk * g.oh * g.ow * kK;
  std::memset(packed_x, 0, static_cast<size_t>(g.input_floats()) * sizeof(float));  // the border stays 0
  std::memset(sums, 0, static_cast<size_t>(g.sum_floats()) * sizeof(float));
  Vector* tiles = reinterpret_cast<Vector*>(sums);
  for (int64_t first = 0; first < g.n; first += g.chunk) {
    const int64_t images = smaller(g.chunk, g.n - first);
    pack_x(threads, g, images, x + first * g.h * g.w * g.c, packed_x);
    pack_dy(threads, g, images, dy + first * g.oh * g.ow * g.k, packed_dy);
#pragma omp parallel for num_threads(threads) schedule(static) collapse(2)
    for (int64_t group = 0; group < groups_c; ++group) {
      for (int64_t outputs = 0; outputs < groups_k; ++outputs) {
        for (int64_t r = 0; r < g.kernel_h; ++r) {
          add_products(g, images, packed_x + group * slice_x + r * g.padded_w() * kC, packed_dy + outputs * slice_dy,
              tiles + ((outputs * groups_c + group) * g.kernel_h + r) * kTile);
        }
      }
    }
  }
  unpack(threads, g, sums, dweights);
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
