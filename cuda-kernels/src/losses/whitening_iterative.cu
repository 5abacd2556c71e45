// Iterative normalisation (Huang et al. 2019, arXiv 1904.03441) by the coupled iteration of Newton and Schulz. With
// t = tr S, A_0 = S / t, Z_0 = I, T_k = (3 I - Z_k A_k) / 2, A_{k+1} = A_k T_k, Z_{k+1} = T_k Z_k, A_k -> (S/t)^1/2 and
// Z_k -> (S/t)^-1/2, so that P = Z_steps / sqrt(t) and Y = Xc P. Backward: the same steps in reverse, exactly:
//   dT = dZ' Z^T + A^T dA',  dZ = T^T dZ' - 1/2 dT A^T,  dA = dA' T^T - 1/2 Z^T dT
//   dS = dA_0 / t - ( <dA_0, S> / t^2 + <dP, P> / (2 t) ) I,  dP = Xc^T dY
// All of it float64, products with P float32. 6 d^3 FLOP a step forward, 12 d^3 a step backward beside it; three
// launches a step forward, six backward. Memory backward: 8 (3 steps + 8) d^2 bytes a slice.
#include <float.h>

#include <utility>
#include <vector>

#include "losses/whitening_slices.h"
#include "tile/reduce.h"

namespace gramian {
namespace whitening {
namespace {

constexpr int kThreads = wide::kThreads;
constexpr int kWarps = kThreads / 32;

// traces (batch): tr S, NaN for a slice that is not finite or has no variance. A block a slice.
__global__ void __launch_bounds__(kThreads)
    take_traces(int64_t d, const double* __restrict__ s, double* __restrict__ traces, BadPivot* __restrict__ bad) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kWarps);
  const double* slice = s + blockIdx.x * d * d;
  double sum = 0;
  for (int64_t i = threadIdx.x; i < d; i += kThreads) sum += slice[i * d + i];
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x != 0) return;
  BadPivot found = {-1, 0};
  if (!(fabs(sum) <= DBL_MAX)) {
    int64_t column = 0;
    while (column < d - 1 && fabs(slice[column * d + column]) <= DBL_MAX) ++column;
    found = {column, static_cast<double>(NAN)};
  } else if (!(sum > 0)) {
    found = {0, sum};
  }
  bad[blockIdx.x] = found;
  traces[blockIdx.x] = found.column < 0 ? sum : static_cast<double>(NAN);
}

// a = S / t, z = I.
__global__ void __launch_bounds__(kThreads) begin(int64_t count, int64_t d, const double* __restrict__ s,
    const double* __restrict__ traces, double* __restrict__ a, double* __restrict__ z) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t k = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; k < count; k += stride) {
    a[k] = s[k] / traces[k / (d * d)];
    z[k] = k / d % d == k % d ? 1.0 : 0.0;
  }
}

// w = z / sqrt(t), float32.
__global__ void __launch_bounds__(kThreads) round_matrix(int64_t count, int64_t size, const double* __restrict__ z,
    const double* __restrict__ traces, float* __restrict__ w) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t k = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; k < count; k += stride) {
    w[k] = static_cast<float>(z[k] / sqrt(traces[k / size]));
  }
}

// out = alpha product + diagonal I + beta out.
struct Assign {
  double* out;
  int64_t d;
  double alpha, diagonal, beta;
  __device__ __forceinline__ void operator()(int64_t entry, int64_t i, int64_t j, double sum) const {
    double* at = out + (entry * d + i) * d + j;
    const double value = alpha * sum + (i == j ? diagonal : 0.0);
    *at = beta == 0 ? value : value + beta * *at;
  }
};

// dz (batch, d, d) = dP / sqrt(t); along (batch) = <dP, P>. A block a slice.
__global__ void __launch_bounds__(kThreads) seed(int64_t d, Product dp, const double* __restrict__ z,
    const double* __restrict__ traces, double* __restrict__ dz, double* __restrict__ along) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kWarps);
  const int64_t first = blockIdx.x * d * d;
  const double root = sqrt(traces[blockIdx.x]);
  double sum = 0;
  for (int64_t k = threadIdx.x; k < d * d; k += kThreads) {
    const double x = dp.at(k / d, k % d, blockIdx.x);
    sum += x * z[first + k] / root;
    dz[first + k] = x / root;
  }
  sum = tile::block_sum(sum, scratch);
  if (threadIdx.x == 0) along[blockIdx.x] = sum;
}

// m (batch, d, ld) = share (dS + dS^T), zeros from d on. A block a slice.
__global__ void __launch_bounds__(kThreads) covariance_gradient(int64_t d, const double* __restrict__ da,
    const double* __restrict__ s, const double* __restrict__ traces, const double* __restrict__ along, double share,
    int64_t ld, float* __restrict__ m) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<double>(kWarps + 2);
  const int size = static_cast<int>(d * d);
  const double* gradient = da + blockIdx.x * d * d;
  const double* slice = s + blockIdx.x * d * d;
  double inner = 0;
  for (int k = static_cast<int>(threadIdx.x); k < size; k += kThreads) inner += gradient[k] * slice[k];
  inner = tile::block_sum(inner, scratch);
  if (threadIdx.x == 0) {
    const double trace = traces[blockIdx.x];
    scratch[kWarps] = share / trace;
    scratch[kWarps + 1] = share * (2 * inner / (trace * trace) + along[blockIdx.x] / trace);
  }
  __syncthreads();  // all need the factors
  const double factor = scratch[kWarps];
  const double diagonal = scratch[kWarps + 1];
  m += blockIdx.x * d * ld;
  for (int k = static_cast<int>(threadIdx.x); k < static_cast<int>(d * ld); k += kThreads) {
    const int i = k / static_cast<int>(ld);
    const int j = k % static_cast<int>(ld);
    double value = 0;
    if (j < d) value = factor * (gradient[i * d + j] + gradient[j * d + i]) - (i == j ? diagonal : 0.0);
    m[k] = static_cast<float>(value);
  }
}

// The steps of all slices, in scratch.
class Steps {
 public:
  // keep: all steps, for the way back; otherwise only the last two.
  Steps(const Slices& of, int64_t steps, const float* x, BadPivot* bad, bool keep)
      : of_(of), steps_(steps), kept_(keep ? steps + 1 : 2), size_(of.d * of.d), centred_(center(of, x)),
        s_(covariance(of, x, centred_.mean)), traces_(of.context->scratch<double>(of.count)) {
    launch(of.context->stream,
        {"whitening_traces", static_cast<unsigned>(of.count), kThreads, tile::shared_bytes<double>(kWarps)},
        take_traces, of.d, s_, traces_, bad);
    for (std::vector<double*>* each : {&a_, &z_, &t_}) {
      for (int64_t k = 0; k < kept_; ++k) each->push_back(matrices());
    }
    launch(of.context->stream, {"whitening_begin", wide::elementwise_blocks(of.count * size_), kThreads}, begin,
        of.count * size_, of.d, s_, traces_, a_[0], z_[0]);
    for (int64_t k = 0; k < steps; ++k) {
      multiply<false, true>(at(z_, k), at(a_, k), {at(t_, k), of.d, -0.5, 1.5, 0});
      multiply<false, true>(at(a_, k), at(t_, k), {at(a_, k + 1), of.d, 1, 0, 0});
      multiply<false, true>(at(t_, k), at(z_, k), {at(z_, k + 1), of.d, 1, 0, 0});
    }
  }

  const Centred& centred() const { return centred_; }

  void matrix(float* w) {
    launch(of_.context->stream, {"whitening_round", wide::elementwise_blocks(of_.count * size_), kThreads},
        round_matrix, of_.count * size_, size_, at(z_, steps_), traces_, w);
  }

  // share (dS + dS^T) from dP.
  const float* backward(const Product& dp) {
    gramian_context* context = of_.context;
    const unsigned blocks = static_cast<unsigned>(of_.count);
    double* along = context->scratch<double>(of_.count);
    double *dz = matrices(), *next_z = matrices(), *da = matrices(), *next_a = matrices(), *dt = matrices();
    launch(context->stream, {"whitening_seed", blocks, kThreads, tile::shared_bytes<double>(kWarps)}, seed, of_.d, dp,
        at(z_, steps_), traces_, dz, along);
    for (int64_t k = steps_ - 1; k >= 0; --k) {
      const bool last = k == steps_ - 1;  // whose A' is not looked at
      multiply<false, false>(dz, at(z_, k), {dt, of_.d, 1, 0, 0});
      if (!last) multiply<true, true>(at(a_, k), da, {dt, of_.d, 1, 0, 1});
      multiply<true, true>(at(t_, k), dz, {next_z, of_.d, 1, 0, 0});
      multiply<false, false>(dt, at(a_, k), {next_z, of_.d, -0.5, 0, 1});
      if (!last) multiply<false, false>(da, at(t_, k), {next_a, of_.d, 1, 0, 0});
      multiply<true, true>(at(z_, k), dt, {next_a, of_.d, -0.5, 0, last ? 0.0 : 1.0});
      std::swap(dz, next_z);
      std::swap(da, next_a);
    }
    float* m = context->scratch<float>(of_.count * of_.d * of_.ld());
    launch(context->stream, {"whitening_gradient", blocks, kThreads, tile::shared_bytes<double>(kWarps + 2)},
        covariance_gradient, of_.d, da, s_, traces_, along, of_.share(), of_.ld(), m);
    return m;
  }

 private:
  double* matrices() { return of_.context->scratch<double>(of_.count * size_); }
  double* at(const std::vector<double*>& of_steps, int64_t k) const {
    return of_steps[static_cast<size_t>(k % kept_)];
  }

  // Sums over k of a_ik b_jk, either matrix read down its columns instead: <false, true> is the product a b.
  template <bool kDownA, bool kDownB>
  void multiply(const double* a, const double* b, const Assign& to) {
    wide::product(of_.context, "whitening_step", {of_.count, of_.d, of_.d, of_.d, false},
        wide::Matrix<kDownA>{a, size_, of_.d}, wide::Matrix<kDownB>{b, size_, of_.d}, to);
  }

  const Slices& of_;
  int64_t steps_, kept_, size_;
  Centred centred_;
  double* s_;
  double* traces_;
  std::vector<double*> a_, z_, t_;
};

}  // namespace

void iterative(const Slices& of, int32_t steps, const float* x, float* y, float* w, BadPivot* bad) {
  Steps iteration(of, steps, x, bad, false);
  iteration.matrix(w);
  const Product whitened =
      product<Mode>(of.context, "whitening_apply", of.rows(of.n, iteration.centred().x, of.ld()),
          lay_out_transposed<Mode>(of.context, of.d, of.d, w, of.d, of.count), of.count);
  store(of, whitened, y);
}

void iterative_backward(
    const Slices& of, int32_t steps, const float* x, const float* w, const float* dy, float* dx) {
  gramian_context* context = of.context;
  BadPivot* bad = context->scratch<BadPivot>(of.count);
  Steps iteration(of, steps, x, bad, true);
  const float* xc = iteration.centred().x;
  const Product dp = product<Mode>(context, "whitening_moment",
      lay_out_transposed<Mode>(context, of.n, of.d, xc, of.ld(), of.count),
      lay_out_transposed<Mode>(context, of.n, of.d, dy, of.d, of.count), of.count);
  const float* m = iteration.backward(dp);
  const Product direct =
      product<Mode>(context, "whitening_back", of.rows(of.n, dy, of.d), of.rows(of.d, w, of.d), of.count);
  const Product through =
      product<Mode>(context, "whitening_along", of.rows(of.n, xc, of.ld()), of.rows(of.d, m, of.ld()), of.count);
  add_centred(of, direct, through, dx);
}

}  // namespace whitening
}  // namespace gramian
