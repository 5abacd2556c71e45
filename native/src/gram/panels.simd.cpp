// The register-blocked product behind panels.h. R rows of A by one panel, two vectors wide: with R = 6 and 16 registers
// (12 with 32) the accumulators leave room for the two vectors of B and a broadcast. Per step of k: 2 loads, R
// broadcasts, 2 R multiply-adds: the multiply-adds are the limit from R = 4 on. An outer product in blocks of 256 steps
// of k keeps a panel (16 KiB) and the strip of A in the L1 cache.
#include "gram/panels.h"

#include "core/vector.h"

namespace gramian {
namespace GRAMIAN_ISA {
namespace {

using Vector = FloatVector;
constexpr int kLanes = kVectorBytes / sizeof(float);
constexpr int kRows = kVectorBytes == 64 ? 12 : 6;
constexpr int64_t kWidth = 2 * kLanes;

// C (R, kWidth) (+)= A (R,k) B (k, kWidth).
template <int R, bool transposed>
inline void strip(int64_t k, const float* a, int64_t lda, const float* b, bool accumulate, float* c, int64_t ldc) {
  Vector sum[R][2] = {};
  for (int64_t l = 0; l < k; ++l) {
    const Vector b0 = load(b + l * kWidth);
    const Vector b1 = load(b + l * kWidth + kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const float x = transposed ? a[l * lda + r] : a[r * lda + l];
      sum[r][0] += x * b0;
      sum[r][1] += x * b1;
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    float* row = c + r * ldc;
    store(row, accumulate ? load(row) + sum[r][0] : sum[r][0]);
    store(row + kLanes, accumulate ? load(row + kLanes) + sum[r][1] : sum[r][1]);
  }
}

// All rows of A by one panel: strips of R rows, then what is left in strips of R / 2, ..., 1.
template <int R, bool transposed>
inline void rows(int64_t m, int64_t k, const float* a, int64_t lda, const float* b, bool accumulate, float* c,
    int64_t ldc) {
  int64_t i = 0;
  for (; i + R <= m; i += R) {
    strip<R, transposed>(k, transposed ? a + i : a + i * lda, lda, b, accumulate, c + i * ldc, ldc);
  }
  if constexpr (R > 1) {
    rows<R / 2, transposed>(
        m - i, k, transposed ? a + i : a + i * lda, lda, b, accumulate, c + i * ldc, ldc);
  }
}

template <bool transposed>
void product(int64_t m, int64_t count, int64_t k, const float* a, int64_t lda, const float* panels,
    int64_t panel_stride,
    bool accumulate, float* c, int64_t ldc) {
  for (int64_t l = 0; l == 0 || l < k; l += kPanelDepth) {
    const int64_t depth = k - l < kPanelDepth ? k - l : kPanelDepth;
    for (int64_t p = 0; p < count; ++p) {
      rows<kRows, transposed>(m, depth, transposed ? a + l * lda : a + l, lda, panels + p * panel_stride + l * kWidth,
          accumulate || l > 0, c + p * kWidth, ldc);
    }
  }
}

}  // namespace

int64_t panel_width() { return kWidth; }

void pack_item_panels(int threads, int64_t n, int64_t d, const float* u, float* panels) {
  const int64_t count = (n + kWidth - 1) / kWidth;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t p = 0; p < count; ++p) {
    for (int64_t c = 0; c < kWidth; ++c) {
      const int64_t item = p * kWidth + c;
      for (int64_t k = 0; k < d; ++k) panels[(p * d + k) * kWidth + c] = item < n ? u[item * d + k] : 0.0f;
    }
  }
}

void pack_feature_panels(int threads, int64_t n, int64_t d, const float* u, float* panels) {
  const int64_t count = (d + kWidth - 1) / kWidth;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t p = 0; p < count; ++p) {
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t c = 0; c < kWidth; ++c) {
        const int64_t feature = p * kWidth + c;
        panels[(p * n + i) * kWidth + c] = feature < d ? u[i * d + feature] : 0.0f;
      }
    }
  }
}

void panel_product(bool transposed, int64_t m, int64_t count, int64_t k, const float* a, int64_t lda,
    const float* panels,
    int64_t panel_stride, bool accumulate, float* c, int64_t ldc) {
  if (transposed) {
    product<true>(m, count, k, a, lda, panels, panel_stride, accumulate, c, ldc);
  } else {
    product<false>(m, count, k, a, lda, panels, panel_stride, accumulate, c, ldc);
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
