// exp2_fast against exp2 in float64: every exponent, both signs, and a sample of mantissas; the ends of its range; what
// is no number. On every instruction set that this processor has.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <vector>

#include "exp2.h"
#include "native_tests.h"

namespace {

constexpr double kBound = 2e-7;  // the promise of simd_math.h

bool right(float x, float y) {
  if (std::isnan(x)) return std::isnan(y);
  if (x <= -125.5f) return y == 0;
  if (x >= 128) return y == std::numeric_limits<float>::infinity();
  const double truth = std::exp2(static_cast<double>(x));
  return std::fabs(y - truth) <= kBound * truth;
}

std::vector<float> arguments() {
  std::vector<float> x = {0.0f, -0.0f, 1.0f, -1.0f, 0.5f, -0.5f, 127.5f, 127.99999f, 128.0f, -125.0f, -125.49f,
      -125.51f,
      -126.0f, -150.0f, 1e30f, -1e30f, std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
      std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::quiet_NaN(),
      std::numeric_limits<float>::denorm_min(), -std::numeric_limits<float>::denorm_min()};
  // all 512 combinations of sign and exponent (denormals, infinities and NaN among them), 2,048 mantissas each
  for (uint32_t bits = 0; bits < 512; ++bits) {
    for (uint32_t mantissa = 0; mantissa < 2048; ++mantissa) {
      const uint32_t pattern = (bits << 23) + mantissa * 4097;
      float value;
      std::memcpy(&value, &pattern, sizeof value);
      x.push_back(value);
    }
  }
  for (int i = -126 * 4096; i < 128 * 4096; ++i) x.push_back(static_cast<float>(i) / 4096);
  return x;
}

int check(const char* name, void (*exp2_of)(int64_t, const float*, float*)) {
  const std::vector<float> x = arguments();
  std::vector<float> y(x.size(), -1.0f);
  exp2_of(static_cast<int64_t>(x.size()), x.data(), y.data());
  int failures = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (!right(x[i], y[i]) && ++failures <= 5) {
      std::printf("exp2_fast(%.9g) on %s: expected %.9g, got %.9g\n", x[i], name, std::exp2(x[i]), y[i]);
    }
  }
  return failures;
}

}  // namespace

int exp2_test() {
  int failures = check("plain", gramian::plain::exp2_of);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    failures += check("avx2", gramian::avx2::exp2_of);
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    failures += check("avx512", gramian::avx512::exp2_of);
  }
  return failures;
}
