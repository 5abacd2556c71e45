// What tests that call kernels through the C ABI share.
#pragma once

#include <cmath>
#include <cstdio>

#include <cuda_runtime.h>

#include "gramian/system.h"

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

}  // namespace simt_tests
