// Checks of the executor. Each function returns the number of failures, and prints them.
#pragma once

#include <cmath>
#include <cstdio>
#include <functional>
#include <string>

int failure_tests();
int memory_failure_tests(const char* program);
int warp_tests();
int tensor_core_tests();
int schedule_tests();
int kernel_tests();
int symmetric_sums_tests();
int training_kernel_tests();
int network_kernel_tests();
int stream_tests();
int matrix_kernel_tests();
int whitening_group_tests();
int transformer_kernel_tests();
// Runs one broken kernel that AddressSanitizer must stop; returns if it did not.
void run_out_of_bounds(const std::string& which);

namespace simt_tests {

// 1 if text does not contain what was expected, with a line about it.
inline int expect_contains(const char* name, const std::string& text, const std::string& expected) {
  if (text.find(expected) != std::string::npos) return 0;
  std::printf("%s: expected a message with \"%s\", got \"%s\"\n", name, expected.c_str(), text.c_str());
  return 1;
}

// 1 if the two differ by more than tolerance or one is NaN.
inline int expect_close(const std::string& name, double got, double expected, double tolerance) {
  if (std::fabs(got - expected) <= tolerance) return 0;
  std::printf("%s: expected %.9g within %g, got %.9g\n", name.c_str(), expected, tolerance, got);
  return 1;
}

// The message of what body throws; empty when nothing is.
std::string message_of(const std::function<void()>& body);

}  // namespace simt_tests
