// Trace and squared Frobenius norm of a Gram matrix, math.md section 8: tr K = sum of eigenvalues, ||K||_F^2 = sum of
// their squares, so that (tr K)^2 / ||K||_F^2 is the participation ratio. The Gram is a float32 product whatever the
// precision of the context, its squares and the column squares are summed in float64: relative error about 1e-6.
// 2 m^2 M FLOP, m rows of the Gram on the chosen side, M summands.
#include "gramian/covariance.h"
#include "gramian/spectra.h"

#include "gram/product.h"
#include "linalg/prepared.h"
#include "linalg/wide_product.h"
#include "tile/reduce.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;
constexpr size_t kScratchBytes = tile::shared_bytes<double>(kThreads / 32);

// x (n, ld) = the prepared matrix rounded to float32, zeros from d on.
__global__ void __launch_bounds__(kThreads) narrow(Prepared of, int64_t ld, float* __restrict__ x) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < of.n * ld; i += stride) {
    x[i] = i % ld < of.d ? static_cast<float>(of.at(0, i / ld, i % ld)) : 0.0f;
  }
}

// squares (rows) = sum_j k_ij^2, a block a row.
__global__ void __launch_bounds__(kThreads) row_squares(Product gram, double* __restrict__ squares) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kThreads / 32);
  const int64_t row = blockIdx.x;
  double sum = 0;
  for (int64_t j = threadIdx.x; j < gram.columns; j += kThreads) {
    const double x = gram.at(row, j);
    sum += x * x;
  }
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x == 0) squares[row] = sum;
}

// One block: norms (2).
__global__ void __launch_bounds__(kThreads) add_norms(int64_t d, const double* __restrict__ columns, int64_t rows,
    const double* __restrict__ squares, double* __restrict__ norms) {
  tile::SharedMemory memory;
  const auto first = memory.take<double>(kThreads / 32);
  const auto second = memory.take<double>(kThreads / 32);
  double trace = 0;
  double norm = 0;
  for (int64_t k = threadIdx.x; k < d; k += kThreads) trace += columns[k];
  for (int64_t i = threadIdx.x; i < rows; i += kThreads) norm += squares[i];
  trace = tile::block_sum(trace, first);
  norm = tile::block_sum(norm, second);
  if (threadIdx.x != 0) return;
  norms[0] = trace;
  norms[1] = norm;
}

}  // namespace
}  // namespace gramian

gramian_status gramian_gram_norms(gramian_context* context, int64_t n, int64_t d, const float* z, int32_t normalize,
    int32_t center, int32_t side, double* norms) {
  using namespace gramian;
  using Mode = tile::Float32;
  return guarded([&] {
    context->begin();
    const bool samples = side == GRAMIAN_GRAM_SAMPLES;
    const int64_t rows = n == 0 || d == 0 ? 0 : samples ? n : d;
    double* columns = context->scratch<double>(d);
    double* squares = context->scratch<double>(rows);
    if (rows > 0) {
      const Prepared of = prepare(context, 1, n, d, z, normalize != 0, center != 0);
      column_squares_of(context, of, 0, columns);
      const int64_t ld = padded_width(d);
      float* x = context->scratch<float>(n * ld);
      launch(context->stream, {"gram_norms_narrow", wide::elementwise_blocks(n * ld), kThreads}, narrow, of, ld, x);
      const Operand<Mode> operand =
          samples ? lay_out<Mode>(context, n, d, x, ld) : lay_out_transposed<Mode>(context, n, d, x, ld);
      const Product gram = product<Mode>(context, "gram_norms_product", operand, operand);
      launch(context->stream, {"gram_norms_rows", static_cast<unsigned>(rows), kThreads, kScratchBytes}, row_squares,
          gram, squares);
    }
    launch(context->stream, {"gram_norms_add", 1, kThreads, 2 * kScratchBytes}, add_norms, rows == 0 ? 0 : d, columns,
        rows, squares, norms);
  });
}
