// C = a^T b / n with standardised columns a (n,da) and b (n,db): 2 n da db FLOP. Backward, given G = dL/dC:
// grad_a = unstandardise(b G^T / n), grad_b = unstandardise(a G / n): 4 n da db FLOP. Scratch: n (da + db) floats.
#include "core/context.h"
#include "core/status.h"
#include "gramian/covariance.h"
#include "losses/standardize.h"

namespace gramian {
namespace {

// Rows and columns of C that one thread makes at a time.
constexpr int64_t kTile = 128;

struct Standardized {
  float* x;
  float* rstd;
  int64_t d, ld;
};

Standardized standardized(gramian_context* context, int64_t n, int64_t d, const float* z, double eps) {
  const Standardized out{context->scratch<float>(n * padded(d)), context->scratch<float>(d), d, padded(d)};
  for_each_block(context->threads, Blocks(d, kColumnBlock), [&](int, Range c) {
    double mean[kWidestBlock];
    standardize_block(n, c.size, z + c.begin, d, eps, out.x + c.begin, out.ld, mean, out.rstd + c.begin);
  });
  return out;
}

void unstandardize(gramian_context* context, int64_t n, const Standardized& z, float* dz) {
  for_each_block(context->threads, Blocks(z.d, kColumnBlock), [&](int, Range c) {
    unstandardize_block(
        n, c.size, dz + c.begin, z.d, z.x + c.begin, z.ld, z.rstd + c.begin, nullptr, dz + c.begin, z.d);
  });
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
    const Blocks rows(da, kTile);
    const Blocks columns(db, kTile);
    const float scale = static_cast<float>(1.0 / static_cast<double>(n));
    for_each_block(context->threads, Blocks(rows.count() * columns.count(), 1), [&](int, Range task) {
      const Range i = rows[task.begin / columns.count()];
      const Range j = columns[task.begin % columns.count()];
      gemm(true, false, i.size, j.size, n, scale, xa.x + i.begin, xa.ld, xb.x + j.begin, xb.ld, 0,
          c + i.begin * db + j.begin, db);
    });
  });
}

gramian_status gramian_cross_correlation_backward(gramian_context* context, int64_t n, int64_t da, int64_t db,
    const float* a, const float* b, float eps, const float* dc, float* grad_a, float* grad_b) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    const Standardized xa = standardized(context, n, da, a, eps);
    const Standardized xb = standardized(context, n, db, b, eps);
    const float scale = static_cast<float>(1.0 / static_cast<double>(n));
    for_each_block(context->threads, Blocks(n, kTile), [&](int, Range r) {
      gemm(false, true, r.size, da, db, scale, xb.x + r.begin * xb.ld, xb.ld, dc, db, 0, grad_a + r.begin * da, da);
      gemm(false, false, r.size, db, da, scale, xa.x + r.begin * xa.ld, xa.ld, dc, db, 0, grad_b + r.begin * db, db);
    });
    unstandardize(context, n, xa, grad_a);
    unstandardize(context, n, xb, grad_b);
  });
}
