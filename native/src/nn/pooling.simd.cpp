// Maximum and mean over windows, channels innermost. One thread owns an image, so gradients that overlap are added in
// one order.
#include "nn/pooling.h"

namespace gramian {
namespace GRAMIAN_ISA {
namespace {

void max_row(int64_t c, uint8_t place, bool first, const float* x, float* y, uint8_t* tap) {
  for (int64_t j = 0; j < c; ++j) {
    const bool better = first || x[j] > y[j] || (x[j] != x[j] && y[j] == y[j]);  // the first NaN wins
    y[j] = better ? x[j] : y[j];
    tap[j] = better ? place : tap[j];
  }
}

}  // namespace

void max_pool_forward(int threads, const Pooling& pool, const float* x, float* y, uint8_t* tap) {
  const int64_t c = pool.c;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t row = 0; row < pool.n * pool.oh; ++row) {
    const float* image = x + row / pool.oh * pool.h * pool.w * c;
    const int64_t top = row % pool.oh * pool.stride - pool.padding;
    for (int64_t q = 0; q < pool.ow; ++q) {
      const int64_t left = q * pool.stride - pool.padding;
      const int64_t at = (row * pool.ow + q) * c;
      bool first = true;
      for (int64_t r = 0; r < pool.size_h; ++r) {
        for (int64_t s = 0; s < pool.size_w; ++s) {
          const int64_t i = top + r;
          const int64_t j = left + s;
          if (i < 0 || i >= pool.h || j < 0 || j >= pool.w) continue;
          max_row(c, static_cast<uint8_t>(r * pool.size_w + s), first, image + (i * pool.w + j) * c, y + at, tap + at);
          first = false;
        }
      }
    }
  }
}

void max_pool_backward(int threads, const Pooling& pool, const uint8_t* tap, const float* dy, float* dx) {
  const int64_t c = pool.c;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t image = 0; image < pool.n; ++image) {
    float* out = dx + image * pool.h * pool.w * c;
    for (int64_t i = 0; i < pool.h * pool.w * c; ++i) out[i] = 0;
    for (int64_t p = 0; p < pool.oh; ++p) {
      for (int64_t q = 0; q < pool.ow; ++q) {
        const int64_t at = ((image * pool.oh + p) * pool.ow + q) * c;
        for (int64_t j = 0; j < c; ++j) {
          const int64_t r = p * pool.stride - pool.padding + tap[at + j] / pool.size_w;
          const int64_t s = q * pool.stride - pool.padding + tap[at + j] % pool.size_w;
          out[(r * pool.w + s) * c + j] += dy[at + j];
        }
      }
    }
  }
}

void average_pool_forward(int threads, const Pooling& pool, const float* x, float* y) {
  const int64_t c = pool.c;
  const float share = 1.0f / static_cast<float>(pool.size_h * pool.size_w);
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t row = 0; row < pool.n * pool.oh; ++row) {
    const float* image = x + row / pool.oh * pool.h * pool.w * c;
    for (int64_t q = 0; q < pool.ow; ++q) {
      float* out = y + (row * pool.ow + q) * c;
      for (int64_t j = 0; j < c; ++j) out[j] = 0;
      for (int64_t r = 0; r < pool.size_h; ++r) {
        for (int64_t s = 0; s < pool.size_w; ++s) {
          const float* in = image + ((row % pool.oh * pool.stride + r) * pool.w + q * pool.stride + s) * c;
#pragma omp simd
          for (int64_t j = 0; j < c; ++j) out[j] += in[j];
        }
      }
#pragma omp simd
      for (int64_t j = 0; j < c; ++j) out[j] *= share;
    }
  }
}

void average_pool_backward(int threads, const Pooling& pool, const float* dy, float* dx) {
  const int64_t c = pool.c;
  const float share = 1.0f / static_cast<float>(pool.size_h * pool.size_w);
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t image = 0; image < pool.n; ++image) {
    float* out = dx + image * pool.h * pool.w * c;
    for (int64_t i = 0; i < pool.h * pool.w * c; ++i) out[i] = 0;
    for (int64_t p = 0; p < pool.oh; ++p) {
      for (int64_t q = 0; q < pool.ow; ++q) {
        const float* in = dy + ((image * pool.oh + p) * pool.ow + q) * c;
        for (int64_t r = 0; r < pool.size_h; ++r) {
          for (int64_t s = 0; s < pool.size_w; ++s) {
            float* target = out + ((p * pool.stride + r) * pool.w + q * pool.stride + s) * c;
#pragma omp simd
            for (int64_t j = 0; j < c; ++j) target[j] += in[j] * share;
          }
        }
      }
    }
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
