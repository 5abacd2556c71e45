// C = a^T b / n with standardised columns a (n,da) and b (n,db): 2 n da db FLOP. Backward, given G = dL/dC:
// grad_a = unstandardise(b G^T / n), grad_b = unstandardise(a G / n): 4 n da db FLOP.
#include "gram/precisions.h"
#include "gram/product.h"
#include "gramian/covariance.h"
#include "losses/columns.h"
#include "losses/gram_gradient.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;

// c = factor product.
__global__ void __launch_bounds__(kThreads) scale_product(Product product, float factor, float* __restrict__ c) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  const int64_t count = product.rows * product.columns;
  for (int64_t k = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; k < count; k += stride) {
    c[k] = factor * product.at(k / product.columns, k % product.columns);
  }
}

struct Standardized {
  float* x;
  float* rstd;
  int64_t d, width;
};

Standardized standardized(gramian_context* context, int64_t n, int64_t d, const float* z, float eps) {
  const int64_t width = padded_width(d);
  const Standardized out = {context->scratch<float>(n * width), context->scratch<float>(d), d, width};
  columns::standardize(context, n, d, z, eps, width, out.x, context->scratch<float>(d), out.rstd, nullptr);
  return out;
}

template <typename Mode>
void forward(gramian_context* context, int64_t n, const Standardized& a, const Standardized& b, float* c) {
  const Product p = product<Mode>(context, "cross_correlation", lay_out_transposed<Mode>(context, n, a.d, a.x, a.width),
      lay_out_transposed<Mode>(context, n, b.d, b.x, b.width));
  const int64_t blocks = (a.d * b.d + kThreads - 1) / kThreads;
  launch(context->stream, {"scale_product", static_cast<unsigned>(blocks < 4096 ? blocks : 4096), kThreads},
      scale_product, p, static_cast<float>(1.0 / static_cast<double>(n)), c);
}

// The gradient of one side: of (n, of.d) from other (n, other.d) and g, of.d rows as wide as other.
template <typename Mode>
void backward(gramian_context* context, int64_t n, const Standardized& of, const Standardized& other,
    const Operand<Mode>& g, float* gradient) {
  const float factor = static_cast<float>(1.0 / static_cast<double>(n));
  standardized_gradient(context, "cross_correlation_backward",
      lay_out<Mode>(context, n, other.d, other.x, other.width), g,
      {n, of.d, of.width, factor, nullptr, of.x, nullptr, nullptr, gradient}, {of.rstd, nullptr, nullptr});
}

}  // namespace
}  // namespace gramian

gramian_status gramian_cross_correlation(gramian_context* context, int64_t n, int64_t da, int64_t db, const float* a,
    const float* b, float eps, float* c) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const Standardized xa = standardized(context, n, da, a, eps);
    const Standardized xb = standardized(context, n, db, b, eps);
    with_precision(context, [&](auto mode) { forward<decltype(mode)>(context, n, xa, xb, c); });
  });
}

gramian_status gramian_cross_correlation_backward(gramian_context* context, int64_t n, int64_t da, int64_t db,
    const float* a, const float* b, float eps, const float* dc, float* grad_a, float* grad_b) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const Standardized xa = standardized(context, n, da, a, eps);
    const Standardized xb = standardized(context, n, db, b, eps);
    with_precision(context, [&](auto mode) {
      using Mode = decltype(mode);
      backward<Mode>(context, n, xa, xb, lay_out<Mode>(context, da, db, dc, db), grad_a);
      backward<Mode>(context, n, xb, xa, lay_out_transposed<Mode>(context, da, db, dc, db), grad_b);
    });
  });
}
