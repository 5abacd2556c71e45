#include <cstdio>

#include "native_tests.h"

int main() {
  const int failures = exp2_test() + rounds_test() + tridiagonal_test();
  std::printf("native tests: %d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
