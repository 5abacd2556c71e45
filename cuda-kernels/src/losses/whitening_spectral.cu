// ZCA and PCA whitening, math.md section 5. S = U D U^T in float64 (linalg/jacobi.h), products in float32. With
// r = D^1/2 and, in the eigenbasis, V = Xc U r^-1 (= Y for PCA, Y U for ZCA), B = dY (PCA) or dY U (ZCA), M = B^T V:
//   dX = [ B - mean(B) - (1-eps)/(n-1) V Q ] r^-1 U^T,  Q symmetric:
//   ZCA  Q_ij = (r_j M_ij + r_i M_ji) / (r_i + r_j)            a mean of both: repeated eigenvalues do no harm
//   PCA  Q_ij = (D_j M_ij - D_i M_ji) / (D_j - D_i), Q_ii = M_ii   an extrapolation: needs eigenvalues apart
// FLOP a slice: 3 n d^2 and about 32 d^3 in float64 forward, 6 n d^2 (PCA) or 10 n d^2 (ZCA) backward.
#include <float.h>

#include "linalg/jacobi.h"
#include "losses/whitening_slices.h"
#include "tile/reduce.h"

namespace gramian {
namespace whitening {
namespace {

constexpr int kThreads = wide::kThreads;
constexpr int kWarps = kThreads / 32;
// Eigenvalues closer than this (of their sum) are one: their eigenvectors are arbitrary in their plane.
constexpr double kSame = 1e-12;

// The first place where |row| (d) is largest; all lanes of the warp get it.
__device__ __forceinline__ int64_t heaviest(int64_t d, const double* row) {
  double most = -1;
  int64_t where = 0;
  for (int64_t k = threadIdx.x % 32; k < d; k += 32) {
    if (fabs(row[k]) > most) {
      most = fabs(row[k]);
      where = k;
    }
  }
#pragma unroll
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    const double other = __shfl_xor_sync(tile::kAllLanes, most, lanes);
    const int64_t place = __shfl_xor_sync(tile::kAllLanes, where, lanes);
    if (other > most || (other == most && place < where)) {
      most = other;
      where = place;
    }
  }
  return where;
}

// Whether a slice can be whitened, one warp: eigenvalues (d, descending), vectors (d, d), s (d, d).
__device__ __forceinline__ BadPivot verdict(
    int64_t d, const double* values, const double* vectors, const double* s) {
  const double smallest = values[d - 1];
  if (smallest != smallest) {
    int64_t column = 0;  // d, where the solver of another library gave up
    while (column < d && fabs(s[column * d + column]) <= DBL_MAX) ++column;
    return {column, smallest};
  }
  // d eps: what rounding alone leaves of an eigenvalue that is 0
  if (smallest > values[0] * static_cast<double>(d) * DBL_EPSILON) return {-1, 0};
  return {heaviest(d, vectors + (d - 1) * d), smallest};
}

// w (batch, d, d) = D^-1/2 U^T, each row's largest entry positive; roots (batch, d); NaN for a bad slice. Block: slice.
__global__ void __launch_bounds__(kThreads) keep(int64_t d, const double* __restrict__ values,
    const double* __restrict__ vectors, const double* __restrict__ s, float* __restrict__ w,
    double* __restrict__ roots, BadPivot* __restrict__ bad) {
  const int64_t entry = blockIdx.x;
  const double* u = vectors + entry * d * d;
  // each warp comes to the same one
  const BadPivot found = verdict(d, values + entry * d, u, s + entry * d * d);
  if (threadIdx.x == 0) bad[entry] = found;
  for (int64_t i = threadIdx.x / 32; i < d; i += kWarps) {
    const double root = found.column < 0 ? sqrt(values[entry * d + i]) : static_cast<double>(NAN);
    const double scale = (u[i * d + heaviest(d, u + i * d)] < 0 ? -1 : 1) / root;
    if (threadIdx.x % 32 == 0) roots[entry * d + i] = root;
    for (int64_t k = threadIdx.x % 32; k < d; k += 32) {
      w[(entry * d + i) * d + k] = static_cast<float>(scale * u[i * d + k]);
    }
  }
}

// U D^-1/4, so that the product with itself is U D^-1/2 U^T.
struct HalfRooted {
  static constexpr bool kAlongInner = false;
  const double* vectors;
  const double* roots;
  int64_t d;
  __device__ __forceinline__ double at(int64_t entry, int64_t i, int64_t k) const {
    return vectors[(entry * d + k) * d + i] / sqrt(roots[entry * d + k]);
  }
};

struct Symmetric32 {
  float* values;
  int64_t d;
  __device__ __forceinline__ void operator()(int64_t entry, int64_t i, int64_t j, double sum) const {
    values[(entry * d + i) * d + j] = values[(entry * d + j) * d + i] = static_cast<float>(sum);
  }
};

// basis (batch, d, d) = U^T = D^1/2 w.
__global__ void __launch_bounds__(kThreads) basis_of(int64_t count, int64_t d, const float* __restrict__ w,
    const double* __restrict__ roots, float* __restrict__ basis) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t k = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; k < count; k += stride) {
    basis[k] = static_cast<float>(roots[k / d] * w[k]);
  }
}

// q (batch, d, ld), zeros from d on.
__global__ void __launch_bounds__(kThreads) mix(int64_t batch, int64_t d, bool zca, const double* __restrict__ roots,
    Product m, int64_t ld, float* __restrict__ q) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t k = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; k < batch * d * ld; k += stride) {
    const int64_t entry = k / (d * ld);
    const int64_t row = k / ld % d;
    const int64_t column = k % ld;
    if (column >= d) {
      q[k] = 0;
      continue;
    }
    const int64_t i = row > column ? row : column;  // both triangles get the same bits
    const int64_t j = row > column ? column : row;
    const double ij = m.at(i, j, entry);
    const double ji = m.at(j, i, entry);
    const double ri = roots[entry * d + i];
    const double rj = roots[entry * d + j];
    const double apart = rj * rj - ri * ri;
    double mixed = (rj * ij + ri * ji) / (ri + rj);
    if (!zca) mixed = fabs(apart) <= kSame * (ri * ri + rj * rj) ? 0.0 : (rj * rj * ij - ri * ri * ji) / apart;
    q[k] = static_cast<float>(i == j ? ij : mixed);
  }
}

// (batch, n, d) = x times the transposed matrices.
float* turned(const Slices& of, const char* name, const float* x, const float* matrices) {
  float* target = of.context->scratch<float>(of.count * of.n * of.d);
  store(of, product<Mode>(of.context, name, of.rows(of.n, x, of.d), of.rows(of.d, matrices, of.d), of.count), target);
  return target;
}

}  // namespace

void spectral(const Slices& of, bool zca, const float* x, float* y, float* w, double* roots, BadPivot* bad) {
  gramian_context* context = of.context;
  const int64_t size = of.count * of.d * of.d;
  const Centred centred = center(of, x);
  const double* s = covariance(of, x, centred.mean);
  double* values = context->scratch<double>(of.count * of.d);
  double* vectors = context->scratch<double>(size);
  symmetric_eigenvectors(context, of.count, of.d, s, values, vectors);
  launch(context->stream, {"whitening_keep", static_cast<unsigned>(of.count), kThreads}, keep, of.d, values, vectors, s,
      w, roots, bad);
  const float* applied = w;
  if (zca) {
    float* whole = context->scratch<float>(size);
    const HalfRooted half = {vectors, roots, of.d};
    wide::product(context, "whitening_zca", {of.count, of.d, of.d, of.d, true}, half, half, Symmetric32{whole, of.d});
    applied = whole;
  }
  const Product whitened = product<Mode>(
      context, "whitening_apply", of.rows(of.n, centred.x, of.ld()), of.rows(of.d, applied, of.d), of.count);
  store(of, whitened, y);
}

void spectral_backward(const Slices& of, bool zca, const float* y, const float* w, const double* roots,
    const float* dy, float* dx) {
  gramian_context* context = of.context;
  const int64_t d = of.d;
  const float* v = y;
  const float* b = dy;
  if (zca) {
    float* basis = context->scratch<float>(of.count * d * d);
    launch(context->stream, {"whitening_basis", wide::elementwise_blocks(of.count * d * d), kThreads}, basis_of,
        of.count * d * d, d, w, roots, basis);
    v = turned(of, "whitening_turn", y, basis);
    b = turned(of, "whitening_turn", dy, basis);
  }
  const Product m = product<Mode>(context, "whitening_moment",
      lay_out_transposed<Mode>(context, of.n, d, b, d, of.count),
      lay_out_transposed<Mode>(context, of.n, d, v, d, of.count), of.count);
  float* q = context->scratch<float>(of.count * d * of.ld());
  launch(context->stream, {"whitening_mix", wide::elementwise_blocks(of.count * d * of.ld()), kThreads}, mix, of.count,
      d, zca, roots, m, of.ld(), q);
  const Product along =
      product<Mode>(context, "whitening_along", of.rows(of.n, v, d), of.rows(d, q, of.ld()), of.count);
  const float* g = subtract_along(of, b, along);
  const Product back = product<Mode>(context, "whitening_back", of.rows(of.n, g, of.ld()),
      lay_out_transposed<Mode>(context, d, d, w, d, of.count), of.count);
  store(of, back, dx);
}

}  // namespace whitening
}  // namespace gramian
