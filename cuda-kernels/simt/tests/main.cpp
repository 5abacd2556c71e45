#include <cstring>

#include "simt_tests.h"

int main(int count, char** arguments) {
  if (count == 3 && std::strcmp(arguments[1], "--out-of-bounds") == 0) {
    run_out_of_bounds(arguments[2]);
    return 0;
  }
  const int failures =
      failure_tests() + memory_failure_tests(arguments[0]) + warp_tests() + tensor_core_tests() + schedule_tests() +
      kernel_tests();
  std::printf("SIMT tests: %d failures\n", failures);
  return failures == 0 ? 0 : 1;
}

std::string simt_tests::message_of(const std::function<void()>& body) {
  try {
    body();
    return "";
  } catch (const std::exception& exception) {
    return exception.what();
  }
}
