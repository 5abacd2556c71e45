// Layers, element-wise operations and evaluations through the C ABI, as kernels.cpp does the losses; and the stretches
// of an evaluation, which large ones alone have.
#include <cmath>
#include <cstring>
#include <vector>

#include "gramian/bfloat16.h"
#include "gramian/linear_algebra.h"
#include "gramian/network.h"
#include "gramian/probe.h"
#include "gramian/stream.h"
#include "kernel_calls.h"
#include "probe/nearest_rows.h"
#include "probe/softmax_regression.h"
#include "simt_tests.h"

namespace {

using simt_tests::Array;
using simt_tests::Context;
using simt_tests::expect_close;
using simt_tests::expect_finite;
using simt_tests::expect_ok;
using simt_tests::fill;
using simt_tests::Halves;

// Arrays that begin shift floats behind a border of 16 bytes, not all of them alike.
int elementwise(int64_t rows, int64_t columns, int64_t shift) {
  const int64_t count = rows * columns;
  const Array x(count + shift), y(count + shift), z(count + 1), bias(columns), sums(columns);
  fill(x.get(), count + shift, 0);
  fill(y.get(), count + shift, 1);
  fill(bias.get(), columns, 2);
  float* a = x.get() + shift;
  float* b = y.get() + shift;
  const Context context(shift, GRAMIAN_PRECISION_FLOAT32);
  gramian_context* c = context.get();
  return expect_ok("add", gramian_add(c, count, a, b, b)) +
         expect_ok("add", gramian_add(c, count, a, b, z.get() + 1)) +
         expect_ok("scale", gramian_scale(c, count, 2, b, b)) +
         expect_ok("relu", gramian_relu_forward(c, count, b, b)) +
         expect_ok("relu back", gramian_relu_backward(c, count, b, a, z.get())) +
         expect_ok("add to rows", gramian_add_to_rows(c, rows, columns, a, bias.get(), a)) +
         expect_ok("column sums", gramian_column_sums(c, rows, columns, a, sums.get())) +
         expect_ok("copy rows", gramian_copy_rows(c, rows, columns - columns / 2, a, columns, b, columns)) +
         expect_finite("sums", sums.get(), columns) + expect_finite("relu", z.get(), count);
}

// Rows in reverse, and back.
int permuted(int64_t rows, int64_t columns) {
  const int64_t count = rows * columns;
  const Array x(count), y(count), z(count);
  fill(x.get(), count, 0);
  std::vector<int32_t> order(static_cast<size_t>(rows));
  for (int64_t i = 0; i < rows; ++i) order[static_cast<size_t>(i)] = static_cast<int32_t>(rows - 1 - i);
  const Context context(rows, GRAMIAN_PRECISION_FLOAT32);
  int failures = expect_ok("permute rows",
      gramian_permute_rows(context.get(), rows, columns, order.data(), 0, x.get(), y.get()));
  failures += expect_ok("permute rows back",
      gramian_permute_rows(context.get(), rows, columns, order.data(), 1, y.get(), z.get()));
  gramian_synchronise(context.get());
  for (int64_t i = 0; i < count; ++i) {
    failures += expect_close("row", y.get()[i], x.get()[(rows - 1 - i / columns) * columns + i % columns], 0);
    failures += expect_close("row at its place", z.get()[i], x.get()[i], 0);
  }
  return failures;
}

int batch_norm(int64_t rows, int64_t c, int32_t relu, bool residual) {
  const int64_t count = rows * c;
  const Array x(count), r(count), y(count), dy(count), dx(count), gamma(c), beta(c), mean(c), rstd(c), running(2 * c),
      dgamma(c), dbeta(c);
  fill(x.get(), count, 0);
  fill(r.get(), count, 1);
  fill(dy.get(), count, 2);
  fill(gamma.get(), c, 3);
  fill(beta.get(), c, 4);
  fill(running.get(), 2 * c, 5);
  const Context context(c, GRAMIAN_PRECISION_FLOAT32);
  const float* more = residual ? r.get() : nullptr;
  int failures = expect_ok("batch norm",
      gramian_batch_norm_forward(context.get(), rows, c, x.get(), gamma.get(), beta.get(), more, 1e-5f, 0.1f, relu,
          running.get(), running.get() + c, y.get(), mean.get(), rstd.get()));
  failures += expect_finite("batch norm", y.get(), count);
  failures += expect_ok("batch norm back",
      gramian_batch_norm_backward(context.get(), rows, c, x.get(), y.get(), gamma.get(), beta.get(), mean.get(),
          rstd.get(), relu, 1, dy.get(), residual ? dx.get() : dy.get(), dgamma.get(), dbeta.get(),
          residual ? dy.get() : nullptr));
  failures += expect_finite("batch norm back", residual ? dx.get() : dy.get(), count);
  fill(running.get() + c, c, 1.2);
  for (int64_t j = 0; j < c; ++j) running.get()[c + j] = std::fabs(running.get()[c + j]);
  failures += expect_ok("evaluate",
      gramian_batch_norm_evaluate(context.get(), rows, c, x.get(), nullptr, nullptr, more, running.get(),
          running.get() + c, 1e-5f, relu, y.get(), rstd.get()));
  const gramian_status one = gramian_batch_norm_forward(context.get(), 1, c, x.get(), nullptr, nullptr, nullptr, 1e-5f,
      0, 0, nullptr, nullptr, y.get(), mean.get(), rstd.get());
  return failures + expect_finite("evaluate", y.get(), count) + (one == GRAMIAN_INVALID_ARGUMENT ? 0 : 1);
}

int pooling(int64_t h, int64_t w, int64_t c, int64_t size, int64_t stride, int64_t padding) {
  constexpr int64_t kImages = 2;
  const int64_t oh = (h + 2 * padding - size) / stride + 1;
  const int64_t ow = (w + 2 * padding - size) / stride + 1;
  const int64_t in = kImages * h * w * c;
  const int64_t out = kImages * oh * ow * c;
  const Array x(in), dx(in), y(out), tap((out + 3) / 4);
  fill(x.get(), in, 0);
  const Context context(h, GRAMIAN_PRECISION_FLOAT32);
  gramian_context* at = context.get();
  uint8_t* where = reinterpret_cast<uint8_t*>(tap.get());
  int failures =
      expect_ok("max", gramian_max_pool_forward(at, kImages, h, w, c, size, stride, padding, x.get(), y.get(), where));
  failures += expect_finite("max", y.get(), out);
  failures += expect_ok("max back",
      gramian_max_pool_backward(at, kImages, h, w, c, size, stride, padding, where, y.get(), dx.get()));
  failures += expect_finite("max back", dx.get(), in);
  if (padding > 0) return failures;
  failures +=
      expect_ok("mean", gramian_average_pool_forward(at, kImages, h, w, c, size, size, stride, x.get(), y.get()));
  failures += expect_finite("mean", y.get(), out);
  failures += expect_ok("mean back",
      gramian_average_pool_backward(at, kImages, h, w, c, size, size, stride, y.get(), dx.get()));
  return failures + expect_finite("mean back", dx.get(), in);
}

// A convolution, batch normalisation with residual and ReLU, and maxima, there and back.
int half_layers(int64_t side, int64_t c, int64_t k, int64_t kernel, int64_t stride, int64_t shift) {
  constexpr int64_t kImages = 2;
  const int64_t padding = kernel / 2;
  const int64_t out = (side + 2 * padding - kernel) / stride + 1;
  const int64_t pooled = (out - 2) / 2 + 1;
  const int64_t in = kImages * side * side * c;
  const int64_t rows = kImages * out * out;
  const int64_t most = kImages * pooled * pooled * k;
  const Halves x(in, shift), dx(in, shift), y(rows * k, shift), z(rows * k, 1 - shift), dz(rows * k, shift);
  const Halves p(most, shift), dy(rows * k, shift);
  const Halves weights(k * kernel * kernel * c, shift);
  const Array dw(k * kernel * kernel * c), channels(4 * k), tap((most + 3) / 4);
  float* mean = channels.get();
  uint8_t* where = reinterpret_cast<uint8_t*>(tap.get());
  const Context context(side, GRAMIAN_PRECISION_FLOAT32);
  gramian_context* at = context.get();
  int failures = x.round(at, in) + z.round(at, rows * k) + p.round(at, most);
  failures += weights.round(at, k * kernel * kernel * c);
  failures += expect_ok("forward", gramian_convolution_forward_bf16(
      at, kImages, side, side, c, k, kernel, kernel, stride, padding, x.at, weights.at, y.at));
  failures += expect_ok("norm", gramian_batch_norm_forward_bf16(at, rows, k, y.at, nullptr, nullptr, z.at, 1e-5f, 0, 1,
      nullptr, nullptr, dz.at, mean, mean + k));
  failures += expect_ok("max", gramian_max_pool_forward_bf16(at, kImages, out, out, k, 2, 2, 0, dz.at, p.at, where));
  failures += expect_ok("max back",
      gramian_max_pool_backward_bf16(at, kImages, out, out, k, 2, 2, 0, where, p.at, z.at));
  failures += expect_ok("norm back", gramian_batch_norm_backward_bf16(at, rows, k, y.at, dz.at, nullptr, nullptr, mean,
      mean + k, 1, 1, z.at, dy.at, mean + 2 * k, mean + 3 * k, z.at));
  failures += expect_ok("add", gramian_add_bf16(at, rows * k, dy.at, z.at, dy.at));
  failures += expect_ok("data", gramian_convolution_backward_data_bf16(
      at, kImages, side, side, c, k, kernel, kernel, stride, padding, weights.at, dy.at, dx.at));
  failures += expect_ok("weights", gramian_convolution_backward_weights_bf16(
      at, kImages, side, side, c, k, kernel, kernel, stride, padding, x.at, dy.at, dw.get()));
  failures += expect_ok("evaluate", gramian_batch_norm_evaluate_bf16(at, rows, k, y.at, nullptr, nullptr, nullptr, mean,
      mean + k, 1e-5f, 1, y.at, mean + 2 * k));
  return failures + dx.finite("dx", at, in) + p.finite("maxima", at, most) + y.finite("y", at, rows * k) +
         expect_finite("dw", dw.get(), k * kernel * kernel * c);
}

// One group of queries, and several: the same neighbours.
int nearest_rows(int64_t m, int64_t n, int64_t d, int64_t k) {
  const Array q(m * d), x(n * d), bias(n), index(2 * m * k), score(2 * m * k);
  fill(q.get(), m * d, 0);
  fill(x.get(), n * d, 1);
  fill(bias.get(), n, 2);
  int32_t* found = reinterpret_cast<int32_t*>(index.get());
  const Context context(n, GRAMIAN_PRECISION_FLOAT32);
  const int failures = expect_ok("nearest",
      gramian_nearest_rows(context.get(), m, n, d, q.get(), x.get(), bias.get(), k, found, score.get()));
  gramian::nearest_rows(
      context.get(), {m, n, d, q.get(), x.get(), bias.get(), k, found + m * k, score.get() + m * k}, 1);
  const size_t bytes = static_cast<size_t>(m * k) * 4;
  const bool same = std::memcmp(found, found + m * k, bytes) == 0 &&
                    std::memcmp(score.get(), score.get() + m * k, bytes) == 0;
  return failures + (same && found[0] >= 0 ? 0 : 1);
}

// All rows at once, and in stretches of 40.
int softmax_regression(int64_t n, int64_t d, int64_t c) {
  const int64_t size = (d + 1) * c;
  const Array x(n * d), w(d * c), b(c), labels(n), gradients(2 * size), fits(8);
  fill(x.get(), n * d, 0);
  fill(w.get(), d * c, 1);
  fill(b.get(), c, 2);
  int32_t* classes = reinterpret_cast<int32_t*>(labels.get());
  for (int64_t i = 0; i < n; ++i) classes[i] = static_cast<int32_t>(i % c);
  double* loss = reinterpret_cast<double*>(fits.get());
  int64_t* correct = reinterpret_cast<int64_t*>(fits.get()) + 2;
  float* once = gradients.get();
  float* parts = once + size;
  const Context context(n, GRAMIAN_PRECISION_FLOAT32);
  int failures = expect_ok("softmax", gramian_softmax_regression(context.get(), n, d, c, x.get(), classes, w.get(),
                                          b.get(), loss, correct, once, once + d * c));
  gramian::softmax_regression(context.get(),
      {n, d, c, x.get(), classes, w.get(), b.get(), loss + 1, correct + 1, parts, parts + d * c}, 40);
  failures += expect_close("loss of stretches", loss[1], loss[0], 1e-12) + (correct[0] == correct[1] ? 0 : 1);
  for (int64_t e = 0; e < size; ++e) failures += expect_close("gradient of stretches", parts[e], once[e], 1e-6);
  return failures;
}

}  // namespace

int network_kernel_tests() {
  int failures = 0;
  for (const int64_t n : {1, 2, 31, 33, 127, 129}) failures += elementwise(n, 160 - n, n % 4);
  failures += permuted(0, 3) + permuted(3, 0) + permuted(1, 1) + permuted(33, 1025) + permuted(4099, 2);
  failures += elementwise(1030, 4, 0) + elementwise(0, 3, 0) + elementwise(513, 1, 1);
  failures += batch_norm(2, 1, 1, true) + batch_norm(33, 64, 1, false) + batch_norm(127, 31, 1, true);
  failures += batch_norm(300, 4, 0, true) + batch_norm(65, 132, 1, false);
  failures += pooling(4, 4, 1, 2, 2, 0) + pooling(5, 7, 4, 3, 2, 1) + pooling(9, 3, 17, 3, 1, 0);
  failures += pooling(3, 8, 8, 2, 3, 0);
  failures += half_layers(4, 3, 1, 3, 1, 0) + half_layers(9, 8, 33, 3, 2, 0) + half_layers(7, 5, 66, 1, 2, 1);
  failures += half_layers(6, 16, 8, 3, 1, 0) + half_layers(5, 8, 4, 3, 1, 1);
  failures += nearest_rows(1, 1, 1, 1) + nearest_rows(130, 300, 33, 5) + nearest_rows(3, 700, 2, 130);
  failures += softmax_regression(1, 1, 1) + softmax_regression(97, 65, 3) + softmax_regression(130, 3, 33);
  return failures;
}
