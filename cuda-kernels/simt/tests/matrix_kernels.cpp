// Matrix products and convolutions through the C ABI at sizes around the edges of their tiles, as kernels.cpp does the
// losses: against sums in float64, and the same bits for another schedule.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "gramian/linear_algebra.h"
#include "gramian/network.h"
#include "kernel_calls.h"
#include "simt_tests.h"
#include "tile/divisor.h"

namespace {

using simt_tests::Array;
using simt_tests::Context;
using simt_tests::expect_close;
using simt_tests::expect_ok;
using simt_tests::fill;

// What a sum of k products of numbers up to 1 may be off by: roundings of operands add up like a random walk, those of
// a float32 sum like the sum, which grows with k here.
double tolerance(int32_t precision, int64_t k) {
  const double terms = static_cast<double>(k) + 1;
  if (precision == GRAMIAN_PRECISION_FLOAT32) return 0x1p-22 * terms;
  return (precision == GRAMIAN_PRECISION_TF32 ? 0x1p-9 : 0x1p-6) * std::sqrt(terms);
}

int compare(const std::string& name, const float* got, const std::vector<double>& truth, double bound) {
  double worst = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    const double error = std::fabs(got[i] - truth[i]);
    worst = error <= worst ? worst : error;  // NaN stays
    if (std::isnan(error)) break;
  }
  return expect_close(name, worst, 0, bound);
}

// Runs body for two schedules; out (count) starts as NaN each time and must come out with the same bits.
template <typename Body>
int same_bits(const std::string& name, int32_t precision, float* out, int64_t count, Body body) {
  int failures = 0;
  std::vector<float> first;
  for (const int64_t seed : {3, 4}) {
    std::fill_n(out, count, std::nanf(""));
    const Context context(seed, precision);
    failures += expect_ok(name.c_str(), body(context.get()));
    if (seed == 3) first.assign(out, out + count);
  }
  const bool same = count == 0 || std::memcmp(first.data(), out, first.size() * sizeof(float)) == 0;
  if (!same) std::printf("%s: other bits with another schedule\n", name.c_str());
  return failures + (same ? 0 : 1);
}

int gemm(int32_t transpose_a, int32_t transpose_b, int64_t m, int64_t n, int64_t k, int32_t precision) {
  const Array a(m * k), b(k * n), c(m * n);
  fill(a.get(), m * k, 0);
  fill(b.get(), k * n, 1);
  std::vector<double> truth(static_cast<size_t>(m * n));
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t l = 0; l < k; ++l) {
        sum += static_cast<double>(a.get()[transpose_a ? l * m + i : i * k + l]) *
               b.get()[transpose_b ? j * k + l : l * n + j];
      }
      truth[i * n + j] = 0.5 * sum;
    }
  }
  const std::string name = "gemm " + std::to_string(m) + " " + std::to_string(n) + " " + std::to_string(k) +
                           (transpose_a ? " t" : " n") + (transpose_b ? "t " : "n ") + std::to_string(precision);
  const int failures = same_bits(name, precision, c.get(), m * n, [&](gramian_context* context) {
    return gramian_gemm(context, transpose_a, transpose_b, m, n, k, 0.5f, a.get(), b.get(), 0, c.get());
  });
  return failures + compare(name, c.get(), truth, tolerance(precision, k));
}

// Around every multiple that could round to the wrong side, for small divisors and the largest.
int divisors() {
  int failures = 0;
  for (const int64_t d : {1, 2, 3, 5, 7, 49, 64, 65, 1000003, 1 << 30, (1 << 30) + 1, 0x7fffffff}) {
    const gramian::tile::Divisor divisor(d);
    for (int64_t step = 0; step < 64; ++step) {
      const int64_t multiple = step < 32 ? step * d : (0x7fffffffLL - (step - 32) * d) / d * d;
      for (int64_t n = multiple - 1; n <= multiple + 1; ++n) {
        if (n < 0 || n > 0x7fffffffLL) continue;
        const int64_t got = divisor.quotient(static_cast<int>(n));
        failures += expect_close(std::to_string(n) + " / " + std::to_string(d), static_cast<double>(got),
            static_cast<double>(n / d), 0);
      }
    }
    failures += divisor.quotient(0x7fffffff) == 0x7fffffffLL / d ? 0 : 1;
  }
  return failures;
}

struct Sizes {
  int64_t n, h, w, c, k, kernel_h, kernel_w, stride, padding;
};

// The definition: body(x, weight, y) for the positions of each product.
template <typename Body>
void products(const Sizes& s, int64_t oh, int64_t ow, Body body) {
  for (int64_t y = 0; y < s.n * oh * ow; ++y) {
    for (int64_t r = 0; r < s.kernel_h; ++r) {
      for (int64_t q = 0; q < s.kernel_w; ++q) {
        const int64_t row = y / ow % oh * s.stride - s.padding + r;
        const int64_t column = y % ow * s.stride - s.padding + q;
        if (row < 0 || row >= s.h || column < 0 || column >= s.w) continue;
        const int64_t pixel = (y / (oh * ow) * s.h + row) * s.w + column;
        for (int64_t o = 0; o < s.k; ++o) {
          for (int64_t j = 0; j < s.c; ++j) {
            body(pixel * s.c + j, ((o * s.kernel_h + r) * s.kernel_w + q) * s.c + j, y * s.k + o);
          }
        }
      }
    }
  }
}

int convolution(const Sizes& s, int32_t precision) {
  const int64_t oh = (s.h + 2 * s.padding - s.kernel_h) / s.stride + 1;
  const int64_t ow = (s.w + 2 * s.padding - s.kernel_w) / s.stride + 1;
  const int64_t inputs = s.n * s.h * s.w * s.c;
  const int64_t outputs = s.n * oh * ow * s.k;
  const int64_t taps = s.kernel_h * s.kernel_w;
  const Array x(inputs), weights(s.k * taps * s.c), bias(s.k), y(outputs);
  const Array dy(outputs), dx(inputs), dw(s.k * taps * s.c);
  fill(x.get(), inputs, 0);
  fill(weights.get(), s.k * taps * s.c, 1);
  fill(bias.get(), s.k, 2);
  fill(dy.get(), outputs, 3);
  std::vector<double> ty(static_cast<size_t>(outputs)), tx(static_cast<size_t>(inputs));
  std::vector<double> tw(static_cast<size_t>(s.k * taps * s.c));
  for (int64_t i = 0; i < outputs; ++i) ty[i] = bias.get()[i % s.k];
  products(s, oh, ow, [&](int64_t i, int64_t weight, int64_t o) {
    ty[o] += static_cast<double>(x.get()[i]) * weights.get()[weight];
    tx[i] += static_cast<double>(dy.get()[o]) * weights.get()[weight];
    tw[weight] += static_cast<double>(dy.get()[o]) * x.get()[i];
  });
  const std::string name = std::to_string(s.n) + "x" + std::to_string(s.h) + "x" + std::to_string(s.w) + "x" +
                           std::to_string(s.c) + " to " + std::to_string(s.k) + ", precision " +
                           std::to_string(precision);
  int failures = same_bits("forward " + name, precision, y.get(), outputs, [&](gramian_context* context) {
    return gramian_convolution_forward(context, s.n, s.h, s.w, s.c, s.k, s.kernel_h, s.kernel_w, s.stride, s.padding,
        x.get(), weights.get(), bias.get(), y.get());
  });
  failures += same_bits("data " + name, precision, dx.get(), inputs, [&](gramian_context* context) {
    return gramian_convolution_backward_data(context, s.n, s.h, s.w, s.c, s.k, s.kernel_h, s.kernel_w, s.stride,
        s.padding, weights.get(), dy.get(), dx.get());
  });
  failures += same_bits("weights " + name, precision, dw.get(), s.k * taps * s.c, [&](gramian_context* context) {
    return gramian_convolution_backward_weights(context, s.n, s.h, s.w, s.c, s.k, s.kernel_h, s.kernel_w, s.stride,
        s.padding, x.get(), dy.get(), dw.get());
  });
  failures += compare("forward " + name, y.get(), ty, tolerance(precision, taps * s.c));
  failures += compare("data " + name, dx.get(), tx, tolerance(precision, taps * s.k));
  return failures + compare("weights " + name, dw.get(), tw, tolerance(precision, s.n * oh * ow));
}

}  // namespace

int matrix_kernel_tests() {
  int failures = divisors();
  for (int32_t precision = 0; precision < 3; ++precision) {
    for (int32_t ways = 0; ways < 4; ++ways) failures += gemm(ways / 2, ways % 2, 33, 130, 70, precision);
    failures += gemm(1, 0, 5, 31, 1300, precision);  // cut along k
    failures += gemm(0, 0, 129, 2, 8, precision) + gemm(1, 1, 129, 2, 8, precision);
    failures += convolution({2, 5, 7, 3, 4, 3, 3, 1, 1}, precision);
    failures += convolution({1, 9, 8, 8, 65, 3, 2, 2, 1}, precision);
    failures += convolution({3, 5, 5, 1, 9, 1, 1, 3, 0}, precision);
  }
  failures += gemm(0, 1, 3, 4, 0, 0) + gemm(0, 1, 0, 4, 3, 0);
  failures += convolution({1, 4, 3, 65, 8, 4, 5, 1, 3}, GRAMIAN_PRECISION_FLOAT32);
  return failures + convolution({9, 9, 9, 2, 3, 7, 7, 2, 3}, GRAMIAN_PRECISION_BFLOAT16);
}
