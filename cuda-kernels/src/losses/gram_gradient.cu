#include "losses/gram_gradient.h"

#include "gram/tile_product.h"
#include "losses/columns.h"

namespace gramian {
namespace {

// 128 x 64, a warp 64 x 16: narrow, because the Gram of a dual side is short and nothing is left to split.
template <typename Mode>
using GradientShape = TileShape<Mode, 4, 2, 2>;

// What follows p; called for every entry inside of the matrix.
struct Plain {
  Pull pull;
  __device__ __forceinline__ float operator()(const GramGradient& of, float p, int64_t i, int64_t j) const {
    const int64_t at = i * of.d + j;
    return pull.pull == 0.0f ? p : p + pull.pull * (pull.z[at] - pull.away[at]);
  }
};

struct Standardized {
  const float* rstd;
  const float* along;
  __device__ __forceinline__ float operator()(const GramGradient& of, float p, int64_t i, int64_t j) const {
    return (p - of.u[i * of.ld + j] * along[j]) * rstd[j];
  }
};

// p itself; its columns times those of u are summed.
struct Unfinished {
  double* partial;  // (row tiles, d)
  __device__ __forceinline__ float operator()(const GramGradient&, float p, int64_t, int64_t) const { return p; }
};

// Doubles of shared memory: a row of columns for each row of warps.
template <typename Shape, typename Finish>
constexpr int kColumnSums = std::is_same_v<Finish, Unfinished> ? Shape::kRows / (Shape::kM * 16) * Shape::kColumns : 1;

template <typename Mode, typename Finish>
__global__ void __launch_bounds__(kGramThreads)
    gradient_product(Operand<Mode> x, Operand<Mode> y, GramGradient of, Finish finish) {
  using Shape = GradientShape<Mode>;
  constexpr bool kSums = std::is_same_v<Finish, Unfinished>;
  tile::SharedMemory memory;
  const auto stages = memory.take<typename Mode::Element>(Shape::kStages * Shape::kStage);
  const auto of_warps = memory.take<double>(kColumnSums<Shape, Finish>);
  const int64_t i0 = static_cast<int64_t>(blockIdx.y) * Shape::kRows;
  const int64_t j0 = static_cast<int64_t>(blockIdx.x) * Shape::kColumns;
  typename Shape::Sums s;
  multiply_tile<Shape>(s, stages, x, i0, y, j0);
#pragma unroll
  for (int k = 0; k < 2 * Shape::kN; ++k) {
    const int64_t j = j0 + Shape::column(k / 2, k % 2);
    float sum = 0;  // over the 8 rows of a lane
#pragma unroll
    for (int r = 0; r < 2 * Shape::kM; ++r) {
      const int64_t i = i0 + Shape::row(r / 2, r % 2 * 2);
      if (i >= of.n || j >= of.d) continue;
      const float p = of.at(s.value[r / 2][k / 2][r % 2 * 2 + k % 2], i, j);
      of.dz[i * of.d + j] = finish(of, p, i, j);
      if constexpr (kSums) sum += p * of.u[i * of.ld + j];
    }
    if constexpr (kSums) {
      double column = sum;
      for (int lanes = 4; lanes <= 16; lanes *= 2) column += __shfl_xor_sync(tile::kAllLanes, column, lanes);
      if (tile::lane_of_warp() < 4) {
        of_warps[Shape::warp_row() / (Shape::kM * 16) * Shape::kColumns + Shape::column(k / 2, k % 2)] = column;
      }
    }
  }
  if constexpr (kSums) {
    __syncthreads();  // a column is finished by one thread, from the warps that share it
    const int64_t j = j0 + threadIdx.x;
    if (threadIdx.x >= Shape::kColumns || j >= of.d) return;
    double sum = 0;
    for (int w = 0; w < Shape::kRows / (Shape::kM * 16); ++w) {
      sum += static_cast<double>(of_warps[w * Shape::kColumns + threadIdx.x]);
    }
    finish.partial[blockIdx.y * of.d + j] = sum;
  }
}

// dz = rstd (dz - u along), along_j = ratio_j mean_n(dz o u) from the tiles in their order. A block has 32 columns, and
// every gridDim.y-th group of its warps' rows.
__global__ void __launch_bounds__(columns::kThreads) finish_standardized(GramGradient of,
    const double* __restrict__ partial, int64_t tiles, const float* __restrict__ rstd,
    const float* __restrict__ ratio) {
  const columns::Column c(of.d);
  if (!c.inside) return;
  double sum = 0;
  for (int64_t t = 0; t < tiles; ++t) sum += partial[t * of.d + c.j];
  const double mean = sum / static_cast<double>(of.n);
  const float along = static_cast<float>(ratio == nullptr ? mean : ratio[c.j] * mean);
  const float r = rstd[c.j];
  const int64_t step = static_cast<int64_t>(gridDim.y) * columns::kWarps;
  for (int64_t i = static_cast<int64_t>(blockIdx.y) * columns::kWarps + c.warp; i < of.n; i += step) {
    of.dz[i * of.d + c.j] = (of.dz[i * of.d + c.j] - of.u[i * of.ld + c.j] * along) * r;
  }
}

template <typename Mode, typename Finish>
void launch_gradient(gramian_context* context, const char* name, const Operand<Mode>& x, const Operand<Mode>& y,
    const GramGradient& p, const Finish& finish) {
  using Shape = GradientShape<Mode>;
  const size_t doubles = tile::shared_bytes<double>(kColumnSums<Shape, Finish>);
  const dim3 blocks(static_cast<unsigned>((p.d + Shape::kColumns - 1) / Shape::kColumns),
      static_cast<unsigned>((p.n + Shape::kRows - 1) / Shape::kRows));
  launch(context->stream,
      {name, blocks, kGramThreads,
          tile::shared_bytes<typename Mode::Element>(Shape::kStages * Shape::kStage) +
              doubles},
      gradient_product<Mode, Finish>, x, y, p, finish);
}

}  // namespace

template <typename Mode>
void plain_gradient(gramian_context* context, const char* name, const Operand<Mode>& x, const Operand<Mode>& y,
    const GramGradient& p, const Pull& pull) {
  launch_gradient(context, name, x, y, p, Plain{pull});
}

template <typename Mode>
void standardized_gradient(gramian_context* context, const char* name, const Operand<Mode>& x, const Operand<Mode>& y,
    const GramGradient& p, const Standardisation& through) {
  if (through.along != nullptr) {
    launch_gradient(context, name, x, y, p, Standardized{through.rstd, through.along});
    return;
  }
  const int64_t tiles = (p.n + GradientShape<Mode>::kRows - 1) / GradientShape<Mode>::kRows;
  double* partial = context->scratch<double>(tiles * p.d);
  launch_gradient(context, name, x, y, p, Unfinished{partial});
  Grid grid = columns::grid("finish_standardized", p.d);
  grid.shared_bytes = 0;
  // a warp has 4 rows or more
  const int64_t groups = (p.n + 4 * columns::kWarps - 1) / (4 * columns::kWarps);
  grid.blocks.y = static_cast<unsigned>(groups < 64 ? groups : 64);
  launch(context->stream, grid, finish_standardized, p, partial, tiles, through.rstd, through.ratio);
}

#define GRAMIAN_GRADIENTS(Mode)                                                                             \
  template void plain_gradient<Mode>(gramian_context*, const char*, const Operand<Mode>&, const Operand<Mode>&, \
      const GramGradient&, const Pull&);                                                                    \
  template void standardized_gradient<Mode>(gramian_context*, const char*, const Operand<Mode>&,            \
      const Operand<Mode>&, const GramGradient&, const Standardisation&);
GRAMIAN_GRADIENTS(tile::Float32)
GRAMIAN_GRADIENTS(tile::Tf32)
GRAMIAN_GRADIENTS(tile::Bfloat16)

}  // namespace gramian
