// Batch normalisation over the columns of (rows,c), fused with residual addition and ReLU.
// Forward: x is read twice (moments, then output), backward: dy and x twice; all else stays in cache. Moments take
// two passes
// over blocks of 32 rows that sit in L1 and are merged by Chan's formula: no E[x^2] - E[x]^2.
#include "nn/batch_norm.h"

#include "linalg/elementwise.h"

namespace gramian {
namespace GRAMIAN_ISA {
namespace {

constexpr int64_t kBlockRows = 32;  // 32 rows x 64 columns are 8 KB, a quarter of L1

inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
inline float rectified(float x) { return x < 0 ? 0.0f : x; }  // NaN stays NaN
inline float gated(float y, float g) { return y <= 0 ? 0.0f : g; }

void block_moments(int64_t rows, int64_t c, const float* x, float* mean, float* deviations) {
  for (int64_t j = 0; j < c; ++j) mean[j] = deviations[j] = 0;
  for (int64_t i = 0; i < rows; ++i) {
#pragma omp simd
    for (int64_t j = 0; j < c; ++j) mean[j] += x[i * c + j];
  }
  const float inverse = 1.0f / static_cast<float>(rows);
#pragma omp simd
  for (int64_t j = 0; j < c; ++j) mean[j] *= inverse;
  for (int64_t i = 0; i < rows; ++i) {
#pragma omp simd
    for (int64_t j = 0; j < c; ++j) {
      const float difference = x[i * c + j] - mean[j];
      deviations[j] += difference * difference;
    }
  }
}

// mean, deviations of count rows, merged with those of more rows.
template <typename T>
void merge_moments(int64_t count, int64_t more, int64_t c, const float* more_mean, const float* more_deviations,
    T* mean, T* deviations) {
  const T share = static_cast<T>(more) / static_cast<T>(count + more);
  const T weight = share * static_cast<T>(count);
#pragma omp simd
  for (int64_t j = 0; j < c; ++j) {
    const T difference = static_cast<T>(more_mean[j]) - mean[j];
    mean[j] += difference * share;
    deviations[j] += static_cast<T>(more_deviations[j]) + difference * difference * weight;
  }
}

// scale = gamma rstd (c), then the offset beta, or 0 (c).
void scales(const BatchNorm& norm, float* scale) {
  for (int64_t j = 0; j < norm.c; ++j) {
    scale[j] = norm.gamma == nullptr ? norm.rstd[j] : norm.gamma[j] * norm.rstd[j];
    scale[norm.c + j] = norm.beta == nullptr ? 0.0f : norm.beta[j];
  }
}

// Where the gradient behind the ReLU comes from: there is none, it is read off the output, or recomputed from the
// input.
// A template parameter, because the compiler does not vectorise loops with the choice inside.
enum class Gate { none, output, input };

// What one row needs; pointers to its first column.
struct Row {
  const float* x;
  const float* y;
  const float* dy;
  float* out;
};

template <Gate gate>
inline float gradient_at(const Row& row, const float* mean, const float* scale, const float* offset, int64_t j) {
  if (gate == Gate::output) return gated(row.y[j], row.dy[j]);
  if (gate == Gate::input) return gated((row.x[j] - mean[j]) * scale[j] + offset[j], row.dy[j]);
  return row.dy[j];
}

// Adds g and g xhat of one row to block (2 c); writes g to row.out when there is one.
template <Gate gate, bool writes>
void add_row(const BatchNorm& norm, const Row& row, const float* scale, float* block) {
  const int64_t c = norm.c;
  const float* mean = norm.mean;
  const float* rstd = norm.rstd;
  float* along = block + c;
#pragma omp simd
  for (int64_t j = 0; j < c; ++j) {
    const float g = gradient_at<gate>(row, mean, scale, scale + c, j);
    if (writes) row.out[j] = g;
    block[j] += g;
    along[j] += g * ((row.x[j] - mean[j]) * rstd[j]);
  }
}

template <Gate gate>
void gradient_row(
    const BatchNorm& norm, const Row& row, const float* scale, const float* mean_g, const float* mean_g_xhat) {
  const float* mean = norm.mean;
  const float* rstd = norm.rstd;
  const float* offset = scale + norm.c;
#pragma omp simd
  for (int64_t j = 0; j < norm.c; ++j) {
    const float g = gradient_at<gate>(row, mean, scale, offset, j);
    const float xhat = (row.x[j] - mean[j]) * rstd[j];
    row.out[j] = scale[j] * (g - mean_g[j] - xhat * mean_g_xhat[j]);
  }
}

}  // namespace

void column_moments(
    int threads, int64_t rows, int64_t c, const float* x, float* partial, double* mean, double* deviations) {
  const int64_t chunks = reduction_chunks(rows);
#pragma omp parallel for num_threads(threads) schedule(static) if (chunks > 1)
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    float* chunk_mean = partial + chunk * 4 * c;
    float* chunk_deviations = chunk_mean + c;
    const int64_t begin = chunk_begin(rows, chunks, chunk);
    const int64_t end = chunk_begin(rows, chunks, chunk + 1);
    for (int64_t j = 0; j < 2 * c; ++j) chunk_mean[j] = 0;
    for (int64_t i = begin; i < end; i += kBlockRows) {
      const int64_t block = smaller(kBlockRows, end - i);
      block_moments(block, c, x + i * c, chunk_mean + 2 * c, chunk_mean + 3 * c);
      merge_moments<float>(i - begin, block, c, chunk_mean + 2 * c, chunk_mean + 3 * c, chunk_mean, chunk_deviations);
    }
  }
  for (int64_t j = 0; j < c; ++j) mean[j] = deviations[j] = 0;
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    const int64_t begin = chunk_begin(rows, chunks, chunk);
    const int64_t end = chunk_begin(rows, chunks, chunk + 1);
    if (end == begin) continue;
    const float* chunk_mean = partial + chunk * 4 * c;
    merge_moments<double>(begin, end - begin, c, chunk_mean, chunk_mean + c, mean, deviations);
  }
}

void batch_norm_apply(int threads, const BatchNorm& norm, const float* residual, float* scale, float* y) {
  const int64_t c = norm.c;
  scales(norm, scale);
#pragma omp parallel for num_threads(threads) schedule(static) if (norm.rows * c > kParallelFrom)
  for (int64_t i = 0; i < norm.rows; ++i) {
    const float* xi = norm.x + i * c;
    const float* ri = residual == nullptr ? nullptr : residual + i * c;
    float* yi = y + i * c;
#pragma omp simd
    for (int64_t j = 0; j < c; ++j) {
      float value = (xi[j] - norm.mean[j]) * scale[j] + scale[c + j];
      if (ri != nullptr) value += ri[j];
      yi[j] = norm.relu ? rectified(value) : value;
    }
  }
}

void batch_norm_gradient_sums(int threads, const BatchNorm& norm, const float* y, const float* dy, float* masked,
    float* partial, float* scale, float* sum, float* sum_xhat) {
  const int64_t c = norm.c;
  const int64_t chunks = reduction_chunks(norm.rows);
  scales(norm, scale);
  auto visit = masked == nullptr ? (norm.relu ? add_row<Gate::input, false> : add_row<Gate::none, false>)
                                 : (norm.relu ? add_row<Gate::output, true> : add_row<Gate::none, true>);
#pragma omp parallel for num_threads(threads) schedule(static) if (chunks > 1)
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    float* total = partial + chunk * 4 * c;
    float* block = total + 2 * c;  // sums of 32 rows first: fewer roundings in a row
    for (int64_t j = 0; j < 2 * c; ++j) total[j] = 0;
    const int64_t end = chunk_begin(norm.rows, chunks, chunk + 1);
    for (int64_t first = chunk_begin(norm.rows, chunks, chunk); first < end; first += kBlockRows) {
      for (int64_t j = 0; j < 2 * c; ++j) block[j] = 0;
      for (int64_t i = first; i < smaller(first + kBlockRows, end); ++i) {
        const Row row{norm.x + i * c, y == nullptr ? nullptr : y + i * c, dy + i * c,
            masked == nullptr ? nullptr : masked + i * c};
        visit(norm, row, scale, block);
      }
#pragma omp simd
      for (int64_t j = 0; j < 2 * c; ++j) total[j] += block[j];
    }
  }
  for (int64_t j = 0; j < c; ++j) {
    double plain = 0;
    double along = 0;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      plain += partial[chunk * 4 * c + j];
      along += partial[chunk * 4 * c + c + j];
    }
    sum[j] = static_cast<float>(plain);
    sum_xhat[j] = static_cast<float>(along);
  }
}

void batch_norm_gradient(int threads, const BatchNorm& norm, const float* mean_g, const float* mean_g_xhat,
    const float* dy, float* scale, float* dx) {
  const int64_t c = norm.c;
  scales(norm, scale);
  auto visit = norm.relu ? gradient_row<Gate::input> : gradient_row<Gate::none>;
#pragma omp parallel for num_threads(threads) schedule(static) if (norm.rows * c > kParallelFrom)
  for (int64_t i = 0; i < norm.rows; ++i) {
    visit(norm, {norm.x + i * c, nullptr, dy + i * c, dx + i * c}, scale, mean_g, mean_g_xhat);
  }
}

void relu_forward(int threads, int64_t count, const float* x, float* y) {
#pragma omp parallel for simd num_threads(threads) schedule(static) if (count > kParallelFrom)
  for (int64_t i = 0; i < count; ++i) y[i] = rectified(x[i]);
}

void relu_backward(int threads, int64_t count, const float* y, const float* dy, float* dx) {
#pragma omp parallel for simd num_threads(threads) schedule(static) if (count > kParallelFrom)
  for (int64_t i = 0; i < count; ++i) dx[i] = gated(y[i], dy[i]);
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
