// Layers of transformers through the C ABI, as kernels.cpp does the losses; attention against plain loops in float64.
#include "gramian/transformer.h"

#include <cmath>
#include <cstring>
#include <vector>

#include "kernel_calls.h"
#include "simt_tests.h"

namespace {

using simt_tests::Array;
using simt_tests::Context;
using simt_tests::expect_close;
using simt_tests::expect_finite;
using simt_tests::expect_ok;
using simt_tests::fill;
using simt_tests::Halves;

double sum_of(const float* x, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += x[i];
  return sum;
}

// Rows have mean 0 and variance 1; a gradient is orthogonal to 1 and to xhat.
int layer_norm(int64_t rows, int64_t d, int64_t shift) {
  const int64_t count = rows * d;
  const Array x(count + shift), y(count + shift), dy(count), dx(count + shift), gamma(d), beta(d), mean(rows),
      rstd(rows), dgamma(d), dbeta(d);
  fill(x.get() + shift, count, 0);
  fill(dy.get(), count, 1);
  for (int64_t j = 0; j < d; ++j) {
    gamma.get()[j] = 1;
    beta.get()[j] = 0;
  }
  const Context context(d, GRAMIAN_PRECISION_FLOAT32);
  int failures = expect_ok("layer norm",
      gramian_layer_norm_forward(context.get(), x.get() + shift, rows, d, gamma.get(), beta.get(), 1e-6f,
          y.get() + shift, mean.get(), rstd.get()));
  failures += expect_ok("layer norm back",
      gramian_layer_norm_backward(context.get(), dy.get(), x.get() + shift, rows, d, gamma.get(), mean.get(),
          rstd.get(), dx.get() + shift, dgamma.get(), dbeta.get()));
  const double allowed = 1e-6 * static_cast<double>(d);
  for (int64_t i = 0; i < rows; ++i) {
    double squares = 0, along = 0;
    for (int64_t j = 0; j < d; ++j) {
      const double value = y.get()[shift + i * d + j];
      squares += value * value;
      along += value * dx.get()[shift + i * d + j];
    }
    failures += expect_close("mean", sum_of(y.get() + shift + i * d, d), 0, allowed);
    if (d > 1) failures += expect_close("variance", squares / static_cast<double>(d), 1, 1e-4);
    failures += expect_close("dx and 1", sum_of(dx.get() + shift + i * d, d), 0, 4 * allowed * (1 + rstd.get()[i]));
    failures += expect_close("dx and xhat", along, 0, 4 * allowed * (1 + rstd.get()[i]));
  }
  double dbeta_sum = sum_of(dbeta.get(), d);
  failures += expect_close("dbeta", dbeta_sum, sum_of(dy.get(), count), 1e-5 * static_cast<double>(1 + count));
  return failures + (std::isfinite(sum_of(dgamma.get(), d)) ? 0 : 1);
}

int gelu(int64_t count, int64_t shift) {
  const Array x(count + shift), y(count + shift), dx(count + 1);
  fill(x.get(), count + shift, 0);
  const Context context(count, GRAMIAN_PRECISION_FLOAT32);
  int failures =
      expect_ok("gelu", gramian_gelu_forward(context.get(), x.get() + shift, count, y.get() + shift)) +
      expect_ok("gelu back", gramian_gelu_backward(context.get(), x.get() + shift, y.get() + shift, count, dx.get()));
  for (int64_t i = 0; i < count; ++i) {
    const double v = x.get()[shift + i];
    const double phi = std::erfc(-v / std::sqrt(2.0)) / 2;
    const double slope = phi + v * std::exp(-v * v / 2) * 0.3989422804014327;
    failures += expect_close("gelu", y.get()[shift + i], v * phi, 3e-7);
    failures += expect_close("gelu back", dx.get()[i], v * phi * slope, 3e-7);
  }
  return failures;
}

struct Shape {
  int64_t b, t, h, e;
  // Of part 0 to 2 (q, k, v) in (b, t, 3, h, e).
  int64_t at(int64_t image, int64_t i, int64_t part, int64_t head) const {
    return (((image * t + i) * 3 + part) * h + head) * e;
  }
};

struct Truth {
  std::vector<double> out, dqkv, log_sum;
};

// One head by plain loops.
void attend(const Shape& of, int64_t b, int64_t head, float scale, const float* qkv, const float* dout, Truth* truth) {
  const auto dot = [&](const float* x, const float* y) {
    double sum = 0;
    for (int64_t c = 0; c < of.e; ++c) sum += static_cast<double>(x[c]) * y[c];
    return sum;
  };
  for (int64_t i = 0; i < of.t; ++i) {
    std::vector<double> p(of.t);
    double sum = 0;
    const int64_t q = of.at(b, i, 0, head);
    for (int64_t j = 0; j < of.t; ++j) sum += p[j] = std::exp(scale * dot(qkv + q, qkv + of.at(b, j, 1, head)));
    truth->log_sum[(b * of.h + head) * of.t + i] = std::log(sum);
    const int64_t row = ((b * of.t + i) * of.h + head) * of.e;
    double delta = 0;
    for (int64_t j = 0; j < of.t; ++j) {
      p[j] /= sum;
      delta += p[j] * dot(dout + row, qkv + of.at(b, j, 2, head));
    }
    for (int64_t j = 0; j < of.t; ++j) {
      const int64_t k = of.at(b, j, 1, head);
      const int64_t v = of.at(b, j, 2, head);
      const double ds = scale * p[j] * (dot(dout + row, qkv + v) - delta);
      for (int64_t c = 0; c < of.e; ++c) {
        truth->out[row + c] += p[j] * qkv[v + c];
        truth->dqkv[v + c] += p[j] * dout[row + c];
        truth->dqkv[q + c] += ds * qkv[k + c];
        truth->dqkv[k + c] += ds * qkv[q + c];
      }
    }
  }
}

double largest_error(const float* got, const std::vector<double>& truth) {
  double error = 0, largest = 1e-30;
  for (size_t i = 0; i < truth.size(); ++i) {
    const double off = std::fabs(got[i] - truth[i]);
    error = off > error || std::isnan(off) ? off : error;
    largest = std::fmax(largest, std::fabs(truth[i]));
  }
  return error / largest;
}

// With two schedules: the same bits.
int attention(const Shape& of, float scale, int32_t precision, double tolerance) {
  const int64_t rows = of.b * of.t * of.h;
  const Array qkv(3 * rows * of.e), dout(rows * of.e), out(rows * of.e), log_sum(rows), dqkv(3 * rows * of.e);
  fill(qkv.get(), 3 * rows * of.e, 0);
  fill(dout.get(), rows * of.e, 1);
  Truth truth = {std::vector<double>(rows * of.e), std::vector<double>(3 * rows * of.e), std::vector<double>(rows)};
  for (int64_t b = 0; b < of.b; ++b) {
    for (int64_t head = 0; head < of.h; ++head) attend(of, b, head, scale, qkv.get(), dout.get(), &truth);
  }
  int failures = 0;
  std::vector<float> bits;
  for (const int64_t seed : {1, 9}) {
    const Context context(seed, precision);
    failures += expect_ok("attention", gramian_attention_forward(context.get(), qkv.get(), of.b, of.t, of.h, of.e,
                                           scale, out.get(), log_sum.get()));
    failures += expect_ok("attention back", gramian_attention_backward(context.get(), qkv.get(), out.get(),
                                                log_sum.get(), dout.get(), of.b, of.t, of.h, of.e, scale, dqkv.get()));
    failures += expect_close("attention", largest_error(out.get(), truth.out), 0, tolerance);
    failures += expect_close("log sums", largest_error(log_sum.get(), truth.log_sum), 0, tolerance);
    failures += expect_close("attention back", largest_error(dqkv.get(), truth.dqkv), 0, 4 * tolerance);
    if (bits.empty()) bits.assign(dqkv.get(), dqkv.get() + 3 * rows * of.e);
    failures += std::memcmp(bits.data(), dqkv.get(), bits.size() * sizeof(float)) == 0 ? 0 : 1;
  }
  return failures;
}

// Half of a block in bfloat16, there and back: normalisation, a linear map to queries, keys and values, attention,
// GELU, and what is added to the stream.
int half_block(const Shape& of, int64_t shift) {
  const int64_t tokens = of.b * of.t;
  const int64_t d = of.h * of.e;
  const Array stream(tokens * d), gamma(d), beta(3 * d), mean(tokens), rstd(tokens), log_sum(tokens * of.h);
  const Array dx(tokens * d), dw(3 * d * d), sums(3 * d);
  const Halves x(tokens * d, shift), w(3 * d * d, shift), qkv(3 * tokens * d, 1 - shift), out(tokens * d, shift);
  const Halves dout(tokens * d, shift), dqkv(3 * tokens * d, shift);
  fill(stream.get(), tokens * d, 0);
  fill(gamma.get(), d, 1);
  fill(beta.get(), 3 * d, 2);
  const Context context(of.t, GRAMIAN_PRECISION_FLOAT32);
  gramian_context* at = context.get();
  const float scale = 0.2f;
  int failures = w.round(at, 3 * d * d) + dout.round(at, tokens * d);
  failures += expect_ok("norm", gramian_layer_norm_forward_bf16(
      at, stream.get(), tokens, d, gamma.get(), beta.get(), 1e-6f, x.at, mean.get(), rstd.get()));
  failures += expect_ok("map", gramian_gemm_bf16(at, 0, 1, tokens, 3 * d, d, 1, x.at, w.at, 0, qkv.at));
  failures += expect_ok("bias", gramian_add_to_rows_bf16(at, tokens, 3 * d, qkv.at, beta.get(), qkv.at));
  failures += expect_ok("attention", gramian_attention_forward_bf16(
      at, qkv.at, of.b, of.t, of.h, of.e, scale, out.at, log_sum.get()));
  failures += expect_ok("attention back", gramian_attention_backward_bf16(
      at, qkv.at, out.at, log_sum.get(), dout.at, of.b, of.t, of.h, of.e, scale, dqkv.at));
  failures += expect_ok("gelu", gramian_gelu_forward_bf16(at, out.at, tokens * d, out.at));
  failures += expect_ok("gelu back", gramian_gelu_backward_bf16(at, out.at, dout.at, tokens * d, dout.at));
  failures += expect_ok("branch", gramian_add_mixed_bf16(at, tokens * d, stream.get(), out.at, stream.get()));
  failures += expect_ok("sums", gramian_column_sums_bf16(at, tokens, 3 * d, dqkv.at, sums.get()));
  failures += expect_ok("weights", gramian_gemm_wide_bf16(at, 1, 0, 3 * d, d, tokens, 1, dqkv.at, x.at, 0, dw.get()));
  failures += expect_ok("data", gramian_gemm_bf16(at, 0, 0, tokens, d, 3 * d, 1, dqkv.at, w.at, 0, dout.at));
  failures += expect_ok("norm back", gramian_layer_norm_backward_bf16(at, dout.at, stream.get(), tokens, d, gamma.get(),
                                         mean.get(), rstd.get(), dx.get(), sums.get(), sums.get() + d));
  return failures + expect_finite("dw", dw.get(), 3 * d * d) + expect_finite("dx", dx.get(), tokens * d) +
         dqkv.finite("dqkv", at, 3 * tokens * d) + expect_finite("stream", stream.get(), tokens * d);
}

int refusals() {
  const Array x(8), y(8);
  const Context context(1, GRAMIAN_PRECISION_FLOAT32);
  const gramian_status wide =
      gramian_attention_forward(context.get(), x.get(), 1, 1, 1, 129, 1, y.get(), y.get());
  const gramian_status none = gramian_attention_forward(context.get(), x.get(), 0, 5, 2, 3, 1, y.get(), y.get());
  return (wide == GRAMIAN_INVALID_ARGUMENT ? 0 : 1) + expect_ok("no images", none);
}

}  // namespace

int transformer_kernel_tests() {
  int failures = refusals();
  failures += layer_norm(1, 1, 0) + layer_norm(3, 33, 1) + layer_norm(129, 64, 0) + layer_norm(9, 257, 2);
  failures += layer_norm(0, 5, 0) + gelu(1, 0) + gelu(0, 0) + gelu(131, 1) + gelu(1030, 0);
  failures += attention({2, 1, 1, 1}, 0.5f, GRAMIAN_PRECISION_FLOAT32, 1e-6);
  failures += attention({2, 65, 2, 33}, 0.3f, GRAMIAN_PRECISION_FLOAT32, 3e-6);
  failures += attention({1, 129, 1, 128}, 0.1f, GRAMIAN_PRECISION_FLOAT32, 3e-6);
  failures += attention({1, 65, 3, 64}, 0.2f, GRAMIAN_PRECISION_TF32, 1e-3);
  failures += attention({2, 31, 1, 97}, 0.2f, GRAMIAN_PRECISION_TF32, 2e-3);
  failures += attention({1, 130, 2, 31}, 0.2f, GRAMIAN_PRECISION_BFLOAT16, 1e-2);
  failures += attention({1, 66, 1, 127}, 0.1f, GRAMIAN_PRECISION_BFLOAT16, 1e-2);
  failures += half_block({2, 1, 1, 1}, 0) + half_block({1, 65, 2, 8}, 0) + half_block({2, 33, 1, 31}, 1);
  failures += half_block({1, 66, 1, 127}, 0);
  return failures;
}
