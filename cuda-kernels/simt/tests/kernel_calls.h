// What tests that call kernels through the C ABI share.
#pragma once

#include <cmath>
#include <cstdio>

#include <cuda_runtime.h>

#include "gramian/bfloat16.h"
#include "simt_tests.h"

namespace simt_tests {

// Device memory of count floats, with a red zone behind the last one.
class Array {
 public:
  explicit Array(int64_t count) { cudaMalloc(&address_, static_cast<size_t>(count) * 4); }
  ~Array() { cudaFree(address_); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  float* get() const { return static_cast<float*>(address_); }

 private:
  void* address_ = nullptr;
};

class Context {
 public:
  explicit Context(int64_t seed, int32_t precision) {
    gramian_context_create(0, 0, seed, &address_);
    gramian_context_set_precision(get(), precision);
  }
  ~Context() { gramian_context_destroy(get()); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  gramian_context* get() const { return reinterpret_cast<gramian_context*>(address_); }

 private:
  int64_t address_ = 0;
};

inline void fill(float* x, int64_t count, double phase) {
  for (int64_t i = 0; i < count; ++i) x[i] = static_cast<float>(std::sin(phase + 1.37 * static_cast<double>(i)));
}

inline int expect_ok(const char* name, gramian_status status) {
  if (status == GRAMIAN_OK) return 0;
  std::printf("%s: %s\n", name, gramian_last_error());
  return 1;
}

inline int expect_finite(const char* name, const float* x, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += x[i];
  return expect_close(name, sum - sum, 0, 0);
}

// bfloat16 in the memory of floats, from the first number on or from the second, and as many floats of its own.
struct Halves {
  Array bits, numbers;
  uint16_t* at;
  Halves(int64_t count, int64_t shift) : bits((count + shift + 1) / 2), numbers(count) {
    at = reinterpret_cast<uint16_t*>(bits.get()) + shift;
    fill(numbers.get(), count, static_cast<double>(count));
  }
  int round(gramian_context* context, int64_t count) const {
    return expect_ok("round", gramian_round_bf16(context, count, numbers.get(), at));
  }
  int finite(const char* name, gramian_context* context, int64_t count) const {
    return expect_ok(name, gramian_widen_bf16(context, count, at, numbers.get())) +
           expect_finite(name, numbers.get(), count);
  }
};

}  // namespace simt_tests
