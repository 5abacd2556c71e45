// The kernels themselves through the C ABI, at sizes around the edges of their tiles: in the sanitized flavour every
// access to device memory is checked. The truth of the values is the Java tests' matter; here it is the same bits for
// every schedule, and a float64 loss that a reader can follow.
#include <cmath>
#include <cstring>
#include <vector>

#include "gramian/covariance.h"
#include "gramian/normalize.h"
#include "gramian/nt_xent.h"
#include "simt_tests.h"

namespace {

using simt_tests::expect_close;

// Device memory of count floats, with a red zone behind the last one.
class Array {
 public:
  explicit Array(int64_t count) { gramian_allocate(count * 4, &address_); }
  ~Array() { gramian_free(address_); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  float* get() const { return reinterpret_cast<float*>(address_); }

 private:
  int64_t address_ = 0;
};

class Context {
 public:
  explicit Context(int64_t seed, int32_t precision) {
    gramian_context_create(0, seed, &address_);
    gramian_context_set_precision(get(), precision);
  }
  ~Context() { gramian_context_destroy(get()); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  gramian_context* get() const { return reinterpret_cast<gramian_context*>(address_); }

 private:
  int64_t address_ = 0;
};

void fill(float* x, int64_t count, double phase) {
  for (int64_t i = 0; i < count; ++i) x[i] = static_cast<float>(std::sin(phase + 1.37 * static_cast<double>(i)));
}

int expect_ok(const char* name, gramian_status status) {
  if (status == GRAMIAN_OK) return 0;
  std::printf("%s: %s\n", name, gramian_last_error());
  return 1;
}

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
  return failures;
}
