// Cholesky whitening of one slice (n, d), d <= 128, by one block: mean, covariance, factor and inverse in float64, then
// Y = Xc W^T in float32. Formulas: whitening_cholesky.cu. n d^2 FLOP in float64 and d^3 for factor and inverse, n d^2
// in float32; x is read three times (the second and third time out of the second level cache), y and w are written
// once. Shared memory, blocks = d / 32 rounded up: 165,904 bytes for 4 blocks.
#include "losses/whitening_blocks.h"
#include "losses/whitening_fused.h"

namespace gramian {
namespace whitening {
namespace {

constexpr int kDepth = 16;  // samples of the covariance at a time

template <int kBlocks>
struct FusedMemory {
  static constexpr int kWidth = kSide * kBlocks;
  static constexpr int kTriangle = triangle_of(kBlocks);
  tile::Shared<double> s;      // the triangle of blocks
  tile::Shared<double> stage;  // (kDepth, kWidth) centred samples; before, sums of the warps
  tile::Shared<float> w;       // the triangle in float32
  tile::Shared<float> rows;    // (32, kWidth): 4 rows a warp
  tile::Shared<double> mean;   // (kWidth)
  FactorScratch scratch;

  __device__ __forceinline__ explicit FusedMemory(tile::SharedMemory memory)
      : s(memory.take<double>(kTriangle * kWideBlock)), stage(memory.take<double>(kDepth * kWidth)),
        w(memory.take<float>(kTriangle * kNarrowBlock)), rows(memory.take<float>(kSide * kWidth)),
        mean(memory.take<double>(kWidth)),
        scratch{memory.take<double>(kWidth), memory.take<double>(kSide), memory.take<double>(kSide),
            memory.take<double>(2)} {}

  static constexpr size_t kBytes = tile::shared_bytes<double>(kTriangle * kWideBlock) +
                                   tile::shared_bytes<double>(kDepth * kWidth) +
                                   tile::shared_bytes<float>(kTriangle * kNarrowBlock) +
                                   tile::shared_bytes<float>(kSide * kWidth) + 2 * tile::shared_bytes<double>(kWidth) +
                                   2 * tile::shared_bytes<double>(kSide) + tile::shared_bytes<double>(2);
};

template <int kBlocks>
__device__ __forceinline__ void take_means(const FusedMemory<kBlocks>& memory, int n, int d, const float* x) {
  constexpr int kWidth = kSide * kBlocks;
#pragma unroll
  for (int b = 0; b < kBlocks; ++b) {
    const int column = kSide * b + own_lane();
    double sum = 0;
    for (int i = own_warp(); i < n && column < d; i += kFusedWarps) sum += x[static_cast<int64_t>(i) * d + column];
    memory.stage[own_warp() * kWidth + column] = sum;
  }
  __syncthreads();  // the sums of all warps are there
  for (int column = static_cast<int>(threadIdx.x); column < kWidth; column += kFusedThreads) {
    double sum = 0;
    for (int w = 0; w < kFusedWarps; ++w) sum += static_cast<double>(memory.stage[w * kWidth + column]);
    memory.mean[column] = sum / n;
  }
  __syncthreads();  // the means are known, the stage is free
}

// The triangle and its diagonal; the identity from d on.
template <int kBlocks>
__device__ __forceinline__ void make_covariance(
    const FusedMemory<kBlocks>& memory, int n, int d, const float* x, double share, double eps) {
  constexpr int kWidth = kSide * kBlocks;
  double sums[triangle_of(kBlocks)][kOwnRows] = {};
  for (int first = 0; first < n; first += kDepth) {
    for (int r = own_warp(); r < kDepth; r += kFusedWarps) {
#pragma unroll
      for (int b = 0; b < kBlocks; ++b) {
        const int column = kSide * b + own_lane();
        const bool inside = first + r < n && column < d;
        memory.stage[r * kWidth + column] =
            inside ? x[static_cast<int64_t>(first + r) * d + column] - static_cast<double>(memory.mean[column]) : 0.0;
      }
    }
    __syncthreads();  // the samples are there
#pragma unroll 1
    for (int r = 0; r < kDepth; ++r) {
      double right[kBlocks];
#pragma unroll
      for (int i = 0; i < kBlocks; ++i) {
        right[i] = memory.stage[r * kWidth + kSide * i + own_lane()];
#pragma unroll
        for (int q = 0; q < kOwnRows; ++q) {
          const double left = memory.stage[r * kWidth + kSide * i + own_warp() + 8 * q];
#pragma unroll
          for (int j = 0; j <= i; ++j) sums[block_at(i, j)][q] += left * right[j];
        }
      }
    }
    __syncthreads();  // nobody may overwrite what another still reads
  }
#pragma unroll
  for (int i = 0; i < kBlocks; ++i) {
#pragma unroll
    for (int j = 0; j <= i; ++j) {
      store_block(memory.s + block_at(i, j) * kWideBlock, [&](int q) {
        const int row = kSide * i + own_warp() + 8 * q;
        const int column = kSide * j + own_lane();
        const double inside = share * sums[block_at(i, j)][q] + (row == column ? eps : 0.0);
        const double value = row < d && column < d ? inside : row == column ? 1.0 : 0.0;
        if (row == column) memory.scratch.diagonal[row] = value;
        return value;
      });
    }
  }
  __syncthreads();  // S is whole
}

// W to device memory and, in float32, to shared memory.
template <int kBlocks>
__device__ __forceinline__ void keep_inverse(const FusedMemory<kBlocks>& memory, int d, float* w) {
#pragma unroll
  for (int i = 0; i < kBlocks; ++i) {
#pragma unroll
    for (int j = 0; j < kBlocks; ++j) {
#pragma unroll
      for (int q = 0; q < kOwnRows; ++q) {
        const int row = own_warp() + 8 * q;
        float value = 0;
        if (j <= i) {
          const double wide = memory.s[block_at(i, j) * kWideBlock + row * kWideStride + own_lane()];
          value = static_cast<float>(wide);
          memory.w[block_at(i, j) * kNarrowBlock + row * kNarrowStride + own_lane()] = value;
        }
        const int column = kSide * j + own_lane();
        if (kSide * i + row < d && column < d) w[static_cast<int64_t>(kSide * i + row) * d + column] = value;
      }
    }
  }
  __syncthreads();  // W is whole
}

// Y = Xc W^T, 4 rows a warp: no barrier of the block.
template <int kBlocks>
__device__ __forceinline__ void apply(const FusedMemory<kBlocks>& memory, int n, int d, const float* x, float* y) {
  constexpr int kWidth = kSide * kBlocks;
  const auto rows = memory.rows + own_warp() * kOwnRows * kWidth;
  for (int first = own_warp() * kOwnRows; first < n; first += kSide) {
#pragma unroll
    for (int b = 0; b < kBlocks; ++b) {
      const int column = kSide * b + own_lane();
#pragma unroll
      for (int q = 0; q < kOwnRows; ++q) {
        const bool inside = first + q < n && column < d;
        rows[q * kWidth + column] =
            inside ? static_cast<float>(x[static_cast<int64_t>(first + q) * d + column] -
                                        static_cast<double>(memory.mean[column]))
                   : 0.0f;
      }
    }
    __syncwarp();  // the rows are there
    float sums[kOwnRows][kBlocks] = {};
#pragma unroll
    for (int c = 0; c < kBlocks; ++c) {
#pragma unroll
      for (int k = 0; k <= c; ++k) {
        multiply_rows<kBlocks>(sums, c, rows, memory.w + block_at(c, k) * kNarrowBlock, k);
      }
    }
#pragma unroll
    for (int c = 0; c < kBlocks; ++c) {
      const int column = kSide * c + own_lane();
#pragma unroll
      for (int q = 0; q < kOwnRows; ++q) {
        if (first + q < n && column < d) y[static_cast<int64_t>(first + q) * d + column] = sums[q][c];
      }
    }
    __syncwarp();  // nobody may overwrite what another still reads
  }
}

template <int kBlocks>
__global__ void __launch_bounds__(kFusedThreads, 1) whiten(int n, int d, const float* __restrict__ x, double share,
    double eps, float* __restrict__ y, float* __restrict__ w, BadPivot* __restrict__ bad) {
  const FusedMemory<kBlocks> memory{tile::SharedMemory()};
  const int64_t entry = blockIdx.x;
  x += entry * n * d;
  y += entry * n * d;
  w += entry * d * d;
  take_means(memory, n, d, x);
  make_covariance(memory, n, d, x, share, eps);
  const bool good = factor_blocks(kBlocks, memory.s, d * DBL_EPSILON, memory.scratch);
  if (threadIdx.x == 0) {
    const double column = memory.scratch.bad[0];
    bad[entry] = {static_cast<int64_t>(column), good ? 0.0 : static_cast<double>(memory.scratch.bad[1])};
  }
  if (!good) {
    for (int i = static_cast<int>(threadIdx.x); i < n * d; i += kFusedThreads) y[i] = NAN;
    for (int i = static_cast<int>(threadIdx.x); i < d * d; i += kFusedThreads) w[i] = NAN;
    return;
  }
  invert_blocks(kBlocks, memory.s);
  keep_inverse(memory, d, w);
  apply(memory, n, d, x, y);
}

template <int kBlocks>
void launch_forward(const Slices& of, const float* x, float* y, float* w, BadPivot* bad) {
  launch(of.context->stream,
      {"whitening_fused", static_cast<unsigned>(of.count), kFusedThreads, FusedMemory<kBlocks>::kBytes},
      whiten<kBlocks>, static_cast<int>(of.n), static_cast<int>(of.d), x, of.share(), static_cast<double>(of.eps), y, w,
      bad);
}

}  // namespace

void fused_cholesky(const Slices& of, const float* x, float* y, float* w, BadPivot* bad) {
  if (of.d <= kSide) return launch_forward<1>(of, x, y, w, bad);
  if (of.d <= 2 * kSide) return launch_forward<2>(of, x, y, w, bad);
  if (of.d <= 3 * kSide) return launch_forward<3>(of, x, y, w, bad);
  launch_forward<4>(of, x, y, w, bad);
}

}  // namespace whitening
}  // namespace gramian
