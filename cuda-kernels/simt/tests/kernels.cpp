// The kernels themselves through the C ABI, at sizes around the edges of their tiles: in the sanitized flavour every
// access to device memory is checked. The truth of the values is the Java tests' matter; here it is the same bits for
// every schedule, and a float64 loss that a reader can follow.
#include <cmath>
#include <cstring>
#include <vector>

#include "gramian/contrastive.h"
#include "gramian/covariance.h"
#include "gramian/decorrelation.h"
#include "gramian/normalize.h"
#include "gramian/nt_xent.h"
#include "gramian/predictive.h"
#include "gramian/spectra.h"
#include "gramian/whitening.h"
#include "kernel_calls.h"
#include "simt_tests.h"

namespace {

using simt_tests::Array;
using simt_tests::Context;
using simt_tests::expect_close;
using simt_tests::expect_ok;
using simt_tests::fill;

// Equation 1 of the paper, rows of za and zb (n,d).
double nt_xent_of(int64_t n, int64_t d, const float* za, const float* zb, double temperature) {
  std::vector<double> u(2 * n * d);
  for (int64_t i = 0; i < 2 * n; ++i) {
    const float* z = i < n ? za + i * d : zb + (i - n) * d;
    double squares = 0;
    for (int64_t k = 0; k < d; ++k) squares += static_cast<double>(z[k]) * z[k];
    for (int64_t k = 0; k < d; ++k) u[i * d + k] = z[k] / std::sqrt(squares);
  }
  double loss = 0;
  for (int64_t i = 0; i < 2 * n; ++i) {
    double sum = 0;
    double positive = 0;
    for (int64_t j = 0; j < 2 * n; ++j) {
      double s = 0;
      for (int64_t k = 0; k < d; ++k) s += u[i * d + k] * u[j * d + k];
      if (j != i) sum += std::exp((s - 1) / temperature);
      if (j == (i + n) % (2 * n)) positive = (s - 1) / temperature;
    }
    loss += std::log(sum) - positive;
  }
  return loss / static_cast<double>(2 * n);
}

int nt_xent(int64_t n, int64_t d, float temperature, int32_t precision, double tolerance) {
  const Array za(n * d), zb(n * d), dza(n * d), dzb(n * d);
  fill(za.get(), n * d, 0);
  fill(zb.get(), n * d, 0.4);
  int failures = 0;
  double first = 0;
  std::vector<float> bits;
  for (const int64_t seed : {7, 8}) {
    const Context context(seed, precision);
    double loss = std::nan("");
    failures += expect_ok("nt_xent", gramian_nt_xent_value_and_gradient(context.get(), n, d, za.get(), zb.get(),
                                         temperature, 1, 0, 0, &loss, dza.get(), dzb.get()));
    if (seed == 7) {
      const double truth = nt_xent_of(n, d, za.get(), zb.get(), temperature);
      failures += expect_close("nt_xent " + std::to_string(n), loss, truth, tolerance * (1 + truth));
      first = loss;
      bits.assign(dza.get(), dza.get() + n * d);
    } else {
      failures += expect_close("nt_xent, another schedule", loss, first, 0);
      failures += std::memcmp(bits.data(), dza.get(), bits.size() * sizeof(float)) == 0 ? 0 : 1;
    }
  }
  return failures;
}

// Two sets of rows in both directions, with rows that are longer than what counts of them, and a queue.
int info_nce(int64_t n, int64_t d, int64_t stride, float temperature, int32_t unit) {
  const Array x(n * stride), y(n * stride), dx(n * stride), dy(n * stride), queue(7 * stride), match(n);
  fill(x.get(), n * stride, 0);
  fill(y.get(), n * stride, 0.4);
  fill(queue.get(), 7 * stride, 2);
  for (int64_t i = 0; i < n; ++i) reinterpret_cast<int32_t*>(match.get())[i] = static_cast<int32_t>(n - 1 - i);
  const Context context(n, GRAMIAN_PRECISION_FLOAT32);
  gramian_context* c = context.get();
  double one_way[2] = {std::nan(""), std::nan("")};
  double both[2] = {std::nan(""), std::nan("")};
  double keys = std::nan("");
  int failures = expect_ok("info_nce", gramian_info_nce(c, n, d, stride, x.get(), y.get(), temperature, unit, 1, both,
                                           dx.get(), dy.get()));
  failures += expect_ok("info_nce one way", gramian_info_nce(c, n, d, stride, x.get(), y.get(), temperature, unit, 0,
                                                one_way, dx.get(), dy.get()));
  failures += expect_ok("queue", gramian_queue_info_nce(c, n, n, 7, stride, x.get(), y.get(),
                                     reinterpret_cast<int32_t*>(match.get()), queue.get(), temperature, 1, &keys,
                                     dx.get()));
  failures += std::isfinite(one_way[0] + one_way[1] + both[0] + both[1] + keys) ? 0 : 1;
  return failures + expect_ok("moco", gramian_moco_v3(c, n, stride, x.get(), y.get(), temperature, &keys, dx.get()));
}

// The other losses on two or three views, and the matches of n maps of 5 cells.
int contrastive_family(int64_t n, int64_t d, int32_t precision) {
  const Array x(n * d), y(n * d), z(n * d), dx(n * d), dy(n * d), dz(n * d), match(5 * n), a(5 * n * d), b(5 * n * d);
  fill(x.get(), n * d, 0);
  fill(y.get(), n * d, 0.4);
  fill(z.get(), n * d, 0.9);
  fill(a.get(), 5 * n * d, 1);
  fill(b.get(), 5 * n * d, 2);
  const gramian_input views[3] = {x.get(), y.get(), z.get()};
  const gramian_output gradients[3] = {dx.get(), dy.get(), dz.get()};
  const Context context(n, precision);
  gramian_context* c = context.get();
  double loss[6] = {std::nan(""), std::nan(""), std::nan(""), std::nan(""), std::nan(""), std::nan("")};
  int failures =
      expect_ok("multi view", gramian_multi_view_nt_xent(c, 3, n, d, d, views, 0.2f, &loss[0], gradients));
  failures += expect_ok("dcl", gramian_dcl(c, n, d, x.get(), y.get(), 0.2f, 0.5f, 1, 0, &loss[1], dx.get(), dy.get()));
  failures += expect_ok("dcl", gramian_dcl(c, n, d, x.get(), y.get(), 9, 9, 1, 1, &loss[2], dx.get(), dy.get()));
  failures += expect_ok("square", gramian_unsigned_contrastive(c, n, d, x.get(), y.get(), 0.2f,
                                      GRAMIAN_SIMILARITY_SQUARE, 0, 1, &loss[3], dx.get(), dy.get()));
  failures += expect_ok("features", gramian_spectral_contrastive(c, n, d, x.get(), y.get(), 1, GRAMIAN_GRAM_FEATURES,
                                        &loss[4], dx.get(), dy.get()));
  failures += expect_ok("samples", gramian_spectral_contrastive(c, n, d, x.get(), y.get(), 1, GRAMIAN_GRAM_SAMPLES,
                                       &loss[5], dx.get(), dy.get()));
  failures += expect_close("both sides", loss[4], loss[5], precision == GRAMIAN_PRECISION_FLOAT32 ? 1e-5 : 3e-2);
  failures += std::isfinite(loss[0] + loss[1] + loss[2] + loss[3]) ? 0 : 1;
  return failures + expect_ok("matches", gramian_dense_match(c, n, 5, d, a.get(), b.get(),
                                             reinterpret_cast<int32_t*>(match.get())));
}

int rows_and_columns(int64_t n, int64_t d) {
  const Array z(n * d), u(n * d), norm(n), du(n * d), mean(d), rstd(d);
  fill(z.get(), n * d, 0);
  fill(du.get(), n * d, 1);
  const Context context(n, GRAMIAN_PRECISION_FLOAT32);
  gramian_context* c = context.get();
  int failures = expect_ok("rows", gramian_normalize_rows(c, n, d, z.get(), 1e-12f, u.get(), norm.get()));
  failures += expect_ok(
      "rows back", gramian_normalize_rows_backward(c, n, d, u.get(), norm.get(), du.get(), 1e-12f, du.get()));
  failures += expect_ok(
      "columns", gramian_standardize_columns(c, n, d, z.get(), 1e-5f, u.get(), mean.get(), rstd.get()));
  failures += expect_ok(
      "columns back", gramian_standardize_columns_backward(c, n, d, u.get(), rstd.get(), du.get(), du.get()));
  failures += expect_ok("center", gramian_center_columns(c, n, d, z.get(), z.get(), mean.get(), rstd.get()));
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += z.get()[i * d];
  return failures + expect_close("centred", sum, 0, 1e-5 * static_cast<double>(n));
}

// Both sides of the covariance losses, and what they are made of.
int covariances(int64_t n, int64_t d, int32_t precision, double tolerance) {
  const Array x(n * d), y(n * d), dx(n * d), dy(n * d), c(d * d);
  fill(x.get(), n * d, 0);
  fill(y.get(), n * d, 0.4);
  const Context context(n, precision);
  gramian_context* at = context.get();
  int failures = 0;
  double values[2][3];
  for (const int32_t side : {GRAMIAN_GRAM_FEATURES, GRAMIAN_GRAM_SAMPLES}) {
    double* value = values[side];
    double sums[2];
    failures += expect_ok("barlow_twins", gramian_barlow_twins(at, n, d, x.get(), y.get(), 0.01f, 1e-5f,
                                              precision == GRAMIAN_PRECISION_TF32 ? 1 : 0, 1, side, sums, dx.get(),
                                              dy.get()));
    value[0] = sums[0] + 0.01 * sums[1];
    failures += expect_ok(
        "off_diagonal", gramian_off_diagonal_penalty(at, n, d, x.get(), 10, side, &value[1], dx.get()));
    double terms[3];
    failures += expect_ok("vicreg", gramian_vicreg(at, n, d, x.get(), y.get(), 25, 25, 1, 1e-4f, 1, 0.5f, side, terms,
                                        dx.get(), dy.get()));
    value[2] = terms[2];
  }
  for (int k = 0; k < 3; ++k) {
    failures += expect_close("both sides", values[1][k], values[0][k], tolerance * (1 + std::fabs(values[0][k])));
  }
  failures += expect_ok("cross", gramian_cross_correlation(at, n, d, d, x.get(), y.get(), 1e-5f, c.get()));
  return failures + expect_ok("cross back", gramian_cross_correlation_backward(at, n, d, d, x.get(), y.get(), 1e-5f,
                                                c.get(), dx.get(), dy.get()));
}

// Penalties without a cheaper side, and the losses that predict or spread.
int others(int64_t n, int64_t d, int32_t precision) {
  const Array x(n * d), y(n * d), dx(n * d), dy(n * d), directions(d * 33);
  fill(x.get(), n * d, 0);
  fill(y.get(), n * d, 0.4);
  fill(directions.get(), d * 33, 1);
  const Context context(n, precision);
  gramian_context* c = context.get();
  double terms[8];
  int failures = expect_ok("absolute", gramian_off_diagonal_absolute(c, n, d, x.get(), 2, terms, dx.get()));
  failures += expect_ok(
      "exponential", gramian_off_diagonal_exponential(c, n, d, x.get(), 2, 0.5f, terms + 1, dx.get()));
  failures += expect_ok("exp", gramian_vicreg_exp(c, n, d, x.get(), y.get(), 25, 25, 1, 1e-4f, 1, 0.5f, 0.5f,
                                   terms + 2, dx.get(), dy.get()));
  failures += expect_ok("ctr", gramian_vicreg_ctr(c, n, d, x.get(), y.get(), 25, 25, 1, 1e-4f, 1, 0.5f, 0.5f,
                                   terms + 2, dx.get(), dy.get()));
  failures += expect_ok(
      "cosine", gramian_negative_cosine(c, n, d, x.get(), y.get(), 1e-8f, 1, terms + 5, dx.get()));
  failures += expect_ok("alignment",
      gramian_alignment_uniformity(c, n, d, x.get(), y.get(), 1, 2, 1.5f, terms + 6, dx.get(), dy.get()));
  const gramian_input z[2] = {x.get(), y.get()};
  const gramian_output dz[2] = {dx.get(), dy.get()};
  failures += expect_ok(
      "lejepa", gramian_lejepa(c, 2, 1, n, d, z, 33, directions.get(), 17, 3, 0.5f, terms + 6, dz));
  double sum = 0;
  for (const double term : terms) sum += term;
  for (int64_t i = 0; i < n * d; ++i) sum += dx.get()[i] + dy.get()[i];
  return failures + (std::isfinite(sum) ? 0 : 1);
}

int whitening(int64_t batch, int64_t n, int64_t d) {
  const Array x(batch * n * d), y(batch * n * d), dx(batch * n * d), w(batch * d * d);
  fill(x.get(), batch * n * d, 0);
  const Context context(n, GRAMIAN_PRECISION_FLOAT32);
  int failures =
      expect_ok("whitening", gramian_whitening(context.get(), batch, n, d, x.get(), 0.01f, y.get(), w.get()));
  failures += expect_ok("whitening back",
      gramian_whitening_backward(context.get(), batch, n, d, y.get(), w.get(), y.get(), 0.01f, dx.get()));
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += y.get()[i * d];
  return failures + expect_close("whitened mean", sum, 0, 1e-4);
}

// ZCA, PCA, iterative; W-MSE by each of them.
int whitening_methods(int64_t n, int64_t d) {
  const Array x(2 * n * d), y(2 * n * d), dx(2 * n * d), w(2 * d * d), roots(4 * d), loss(2), order(n);
  fill(x.get(), 2 * n * d, 0);
  for (int64_t i = 0; i < n; ++i) reinterpret_cast<int32_t*>(order.get())[i] = static_cast<int32_t>(n - 1 - i);
  const Context context(n, GRAMIAN_PRECISION_FLOAT32);
  gramian_context* c = context.get();
  double* root = reinterpret_cast<double*>(roots.get());
  int failures = 0;
  for (const int32_t method : {GRAMIAN_WHITEN_ZCA, GRAMIAN_WHITEN_PCA}) {
    failures += expect_ok("spectral", gramian_spectral_whitening(c, method, 2, n, d, x.get(), 0.1f, y.get(), w.get(),
                                          root));
    failures += expect_ok("spectral back", gramian_spectral_whitening_backward(c, method, 2, n, d, y.get(), w.get(),
                                               root, x.get(), 0.1f, dx.get()));
  }
  failures += expect_ok("iterative", gramian_iterative_whitening(c, 3, 2, n, d, x.get(), 0.1f, y.get(), w.get()));
  failures += expect_ok("iterative back",
      gramian_iterative_whitening_backward(c, 3, 2, n, d, x.get(), w.get(), y.get(), 0.1f, dx.get()));
  const gramian_input views[2] = {x.get(), x.get() + n * d};
  const gramian_output gradients[2] = {dx.get(), dx.get() + n * d};
  for (int32_t method = GRAMIAN_WHITEN_CHOLESKY; method <= GRAMIAN_WHITEN_ITERATIVE; ++method) {
    failures += expect_ok("w_mse",
        gramian_w_mse(c, 2, n, d, views, n, 1, reinterpret_cast<int32_t*>(order.get()), 0.1f, 1, method, 3, method % 2,
            reinterpret_cast<double*>(loss.get()), gradients));
  }
  return failures;
}

int spectra(int64_t n, int64_t d) {
  const int64_t m = n < d ? n : d;
  const Array z(2 * n * d), values(4 * m), norms(4), deviations(2 * d), s(d * d), eigenvalues(2 * d);
  fill(z.get(), 2 * n * d, 0);
  fill(s.get(), d * d, 1);
  const Context context(n, GRAMIAN_PRECISION_FLOAT32);
  gramian_context* c = context.get();
  double* value = reinterpret_cast<double*>(values.get());
  double* norm = reinterpret_cast<double*>(norms.get());
  int failures = expect_ok("singular", gramian_singular_values_batch(c, 2, n, d, z.get(), 0, 1, value));
  double squares = 0;
  for (int64_t k = 0; k < m; ++k) squares += value[k] * value[k];
  for (const int32_t side : {GRAMIAN_GRAM_FEATURES, GRAMIAN_GRAM_SAMPLES}) {
    failures += expect_ok("norms", gramian_gram_norms(c, n, d, z.get(), 0, 1, side, norm));
    failures += expect_close("trace", norm[0], squares, 1e-9 * (1 + squares));
  }
  failures += expect_ok("deviations",
      gramian_column_deviations(c, n, d, z.get(), 1, reinterpret_cast<double*>(deviations.get())));
  return failures + expect_ok("eigenvalues",
      gramian_eigenvalues(c, 1, d, s.get(), reinterpret_cast<double*>(eigenvalues.get())));
}

}  // namespace

int kernel_tests() {
  int failures = 0;
  for (const int64_t n : {1, 2, 31, 33, 127, 129}) failures += rows_and_columns(n, 160 - n);
  failures += nt_xent(33, 65, 0.5f, GRAMIAN_PRECISION_FLOAT32, 1e-6);
  failures += nt_xent(65, 31, 0.02f, GRAMIAN_PRECISION_FLOAT32, 1e-5);
  failures += nt_xent(65, 130, 0.5f, GRAMIAN_PRECISION_TF32, 1e-3);
  failures += nt_xent(31, 64, 0.02f, GRAMIAN_PRECISION_TF32, 3e-2);
  failures += nt_xent(65, 129, 0.5f, GRAMIAN_PRECISION_BFLOAT16, 1e-2);
  failures += nt_xent(2, 2, 0.02f, GRAMIAN_PRECISION_BFLOAT16, 1e-1);
  failures += info_nce(33, 31, 40, 0.2f, 1) + info_nce(65, 65, 65, 2, 0);
  failures += contrastive_family(33, 31, GRAMIAN_PRECISION_FLOAT32);
  failures += contrastive_family(65, 64, GRAMIAN_PRECISION_TF32);
  failures += contrastive_family(31, 65, GRAMIAN_PRECISION_BFLOAT16);
  failures += covariances(33, 65, GRAMIAN_PRECISION_FLOAT32, 1e-5);
  failures += covariances(65, 31, GRAMIAN_PRECISION_TF32, 3e-2);
  failures += covariances(31, 130, GRAMIAN_PRECISION_BFLOAT16, 1e-1);
  failures += others(33, 130, GRAMIAN_PRECISION_FLOAT32) + others(130, 2, GRAMIAN_PRECISION_TF32);
  failures += others(2, 65, GRAMIAN_PRECISION_BFLOAT16);
  failures += whitening(2, 33, 31) + whitening(1, 10, 65) + whitening(1, 140, 97) + whitening(1, 9, 130);
  failures += whitening_methods(33, 31) + whitening_methods(2, 1) + whitening_methods(40, 17);
  failures += spectra(1, 1) + spectra(33, 17) + spectra(31, 65);
  return failures;
}
