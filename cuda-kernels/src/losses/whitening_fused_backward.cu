// Backward pass of Cholesky whitening of one slice (n, d), d <= 128, by one block: M = tril(dY^T Y) and the mean of dY
// in one pass, P = M mirrored, then rows by rows G = dY - mean - (1-eps)/(n-1) Y P and dX = G W, 4 rows a warp. 4 n d^2
// FLOP in float32; y and dy are read twice, the second time out of the second level cache. dx may be dy: a row of it is
// written after it was read for the last time. Shared memory 160,768 bytes for d > 96.
#include "losses/whitening_blocks.h"
#include "losses/whitening_fused.h"

namespace gramian {
namespace whitening {
namespace {

template <int kBlocks>
struct BackwardMemory {
  static constexpr int kWidth = kSide * kBlocks;
  tile::Shared<float> p;         // (kBlocks, kBlocks) blocks of P
  tile::Shared<float> w;         // the triangle of W, each block transposed
  tile::Shared<float> y, dy;     // (32, kWidth) each
  tile::Shared<double> partial;  // (8, kWidth): sums of the warps; then, in its first row, the mean

  __device__ __forceinline__ explicit BackwardMemory(tile::SharedMemory memory)
      : p(memory.take<float>(kBlocks * kBlocks * kNarrowBlock)),
        w(memory.take<float>(triangle_of(kBlocks) * kNarrowBlock)), y(memory.take<float>(kSide * kWidth)),
        dy(memory.take<float>(kSide * kWidth)), partial(memory.take<double>(kFusedWarps * kWidth)) {}

  static constexpr size_t kBytes = tile::shared_bytes<float>(kBlocks * kBlocks * kNarrowBlock) +
                                   tile::shared_bytes<float>(triangle_of(kBlocks) * kNarrowBlock) +
                                   2 * tile::shared_bytes<float>(kSide * kWidth) +
                                   tile::shared_bytes<double>(kFusedWarps * kWidth);
};

// P, both triangles, zeros from d on.
template <int kBlocks>
__device__ __forceinline__ void store_moment(
    const BackwardMemory<kBlocks>& memory, int d, const float (&m)[triangle_of(kBlocks)][kOwnRows]) {
#pragma unroll
  for (int i = 0; i < kBlocks; ++i) {
#pragma unroll
    for (int j = 0; j <= i; ++j) {
#pragma unroll
      for (int q = 0; q < kOwnRows; ++q) {
        const int row = own_warp() + 8 * q;
        const int column = own_lane();
        if (i == j && column > row) continue;
        const bool inside = kSide * i + row < d && kSide * j + column < d;
        const float value = inside ? m[block_at(i, j)][q] : 0.0f;
        memory.p[(i * kBlocks + j) * kNarrowBlock + row * kNarrowStride + column] = value;
        if (i != j || row != column) {
          memory.p[(j * kBlocks + i) * kNarrowBlock + column * kNarrowStride + row] = value;
        }
      }
    }
  }
}

// The lower triangle of dY^T Y, and the sums of dY over the rows of each warp.
template <int kBlocks>
__device__ __forceinline__ void take_moment(
    const BackwardMemory<kBlocks>& memory, int n, int d, const float* y, const float* dy) {
  constexpr int kWidth = kSide * kBlocks;
  float m[triangle_of(kBlocks)][kOwnRows] = {};
  double column_sums[kBlocks] = {};
  for (int first = 0; first < n; first += kSide) {
#pragma unroll 1
    for (int r = own_warp(); r < kSide; r += kFusedWarps) {
#pragma unroll
      for (int b = 0; b < kBlocks; ++b) {
        const int column = kSide * b + own_lane();
        const bool inside = first + r < n && column < d;
        const int64_t at = static_cast<int64_t>(first + r) * d + column;
        const float gradient = inside ? dy[at] : 0.0f;
        memory.y[r * kWidth + column] = inside ? y[at] : 0.0f;
        memory.dy[r * kWidth + column] = gradient;
        column_sums[b] += gradient;
      }
    }
    __syncthreads();  // the samples are there
#pragma unroll 2
    for (int r = 0; r < kSide; ++r) {
      float right[kBlocks];
#pragma unroll
      for (int i = 0; i < kBlocks; ++i) {
        right[i] = memory.y[r * kWidth + kSide * i + own_lane()];
#pragma unroll
        for (int q = 0; q < kOwnRows; ++q) {
          const float left = memory.dy[r * kWidth + kSide * i + own_warp() + 8 * q];
#pragma unroll
          for (int j = 0; j <= i; ++j) m[block_at(i, j)][q] += left * right[j];
        }
      }
    }
    __syncthreads();  // nobody may overwrite what another still reads
  }
#pragma unroll
  for (int b = 0; b < kBlocks; ++b) {
    memory.partial[own_warp() * kWidth + kSide * b + own_lane()] = column_sums[b];
  }
  store_moment<kBlocks>(memory, d, m);
}

// W^T by blocks, and the means of dY in the first row of partial.
template <int kBlocks>
__device__ __forceinline__ void take_inverse_and_means(
    const BackwardMemory<kBlocks>& memory, int n, int d, const float* w) {
  constexpr int kWidth = kSide * kBlocks;
#pragma unroll
  for (int i = 0; i < kBlocks; ++i) {
#pragma unroll
    for (int j = 0; j <= i; ++j) {
#pragma unroll
      for (int q = 0; q < kOwnRows; ++q) {
        const int row = kSide * i + own_warp() + 8 * q;
        const int column = kSide * j + own_lane();
        const float value = row < d && column < d ? w[static_cast<int64_t>(row) * d + column] : 0.0f;
        memory.w[block_at(i, j) * kNarrowBlock + own_lane() * kNarrowStride + own_warp() + 8 * q] = value;
      }
    }
  }
  __syncthreads();  // the sums of all warps are there
  for (int column = static_cast<int>(threadIdx.x); column < kWidth; column += kFusedThreads) {
    double sum = 0;
    for (int warp = 0; warp < kFusedWarps; ++warp) sum += static_cast<double>(memory.partial[warp * kWidth + column]);
    memory.partial[column] = sum / n;
  }
  __syncthreads();  // P, W and the means are whole
}

template <int kBlocks>
__device__ __forceinline__ void go_back(const BackwardMemory<kBlocks>& memory, int n, int d, const float* y,
    const float* dy, float share, float* dx) {
  constexpr int kWidth = kSide * kBlocks;
  const auto rows = memory.y + own_warp() * kOwnRows * kWidth;
  for (int first = own_warp() * kOwnRows; first < n; first += kSide) {
#pragma unroll
    for (int b = 0; b < kBlocks; ++b) {
      const int column = kSide * b + own_lane();
#pragma unroll
      for (int q = 0; q < kOwnRows; ++q) {
        const bool inside = first + q < n && column < d;
        rows[q * kWidth + column] = inside ? y[static_cast<int64_t>(first + q) * d + column] : 0.0f;
      }
    }
    __syncwarp();  // the rows are there
    float g[kOwnRows][kBlocks] = {};
#pragma unroll
    for (int c = 0; c < kBlocks; ++c) {
#pragma unroll
      for (int k = 0; k < kBlocks; ++k) {
        multiply_rows<kBlocks>(g, c, rows, memory.p + (c * kBlocks + k) * kNarrowBlock, k);
      }
    }
    __syncwarp();  // G takes the place of Y
#pragma unroll
    for (int c = 0; c < kBlocks; ++c) {
      const int column = kSide * c + own_lane();
      const double mean = memory.partial[column];
#pragma unroll
      for (int q = 0; q < kOwnRows; ++q) {
        const bool inside = first + q < n && column < d;
        const float gradient = inside ? dy[static_cast<int64_t>(first + q) * d + column] : 0.0f;
        rows[q * kWidth + column] = inside ? static_cast<float>(gradient - mean) - share * g[q][c] : 0.0f;
      }
    }
    __syncwarp();  // G is whole
    float sums[kOwnRows][kBlocks] = {};
#pragma unroll
    for (int c = 0; c < kBlocks; ++c) {
#pragma unroll
      for (int k = c; k < kBlocks; ++k) {
        multiply_rows<kBlocks>(sums, c, rows, memory.w + block_at(k, c) * kNarrowBlock, k);
      }
    }
#pragma unroll
    for (int c = 0; c < kBlocks; ++c) {
      const int column = kSide * c + own_lane();
#pragma unroll
      for (int q = 0; q < kOwnRows; ++q) {
        if (first + q < n && column < d) dx[static_cast<int64_t>(first + q) * d + column] = sums[q][c];
      }
    }
    __syncwarp();  // nobody may overwrite what another still reads
  }
}

template <int kBlocks>
__global__ void __launch_bounds__(kFusedThreads, 1) whiten_backward(int n, int d, const float* __restrict__ y,
    const float* __restrict__ w, const float* dy, float share, float* dx) {
  const BackwardMemory<kBlocks> memory{tile::SharedMemory()};
  const int64_t entry = blockIdx.x;
  y += entry * n * d;
  dy += entry * n * d;
  dx += entry * n * d;
  take_moment(memory, n, d, y, dy);
  take_inverse_and_means(memory, n, d, w + entry * d * d);
  go_back(memory, n, d, y, dy, share, dx);
}

template <int kBlocks>
void launch_backward(const Slices& of, const float* y, const float* w, const float* dy, float* dx) {
  launch(of.context->stream,
      {"whitening_fused_backward", static_cast<unsigned>(of.count), kFusedThreads, BackwardMemory<kBlocks>::kBytes},
      whiten_backward<kBlocks>, static_cast<int>(of.n), static_cast<int>(of.d), y, w, dy,
      static_cast<float>(of.share()), dx);
}

}  // namespace

void fused_cholesky_backward(const Slices& of, const float* y, const float* w, const float* dy, float* dx) {
  if (of.d <= kSide) return launch_backward<1>(of, y, w, dy, dx);
  if (of.d <= 2 * kSide) return launch_backward<2>(of, y, w, dy, dx);
  if (of.d <= 3 * kSide) return launch_backward<3>(of, y, w, dy, dx);
  launch_backward<4>(of, y, w, dy, dx);
}

}  // namespace whitening
}  // namespace gramian
