#include <cuda_runtime.h>

#include <cstring>
#include <fstream>

#include "simt_tests.h"

namespace {

// A line "name bytes" for each kernel that the tests of the kernels launched with shared memory.
int write_shared_bytes(const char* path) {
  std::ofstream file(path);
  for (const auto& [name, bytes] : simt::most_shared_bytes()) {
    if (bytes > 0) file << name << ' ' << bytes << '\n';
  }
  file.close();
  return file.good() ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 3 && std::strcmp(arguments[1], "--out-of-bounds") == 0) {
    run_out_of_bounds(arguments[2]);
    return 0;
  }
  if (count == 2 && std::strcmp(arguments[1], "--streams") == 0) {
    const int failures = stream_tests();
    std::printf("SIMT streams: %d failures\n", failures);
    return failures == 0 ? 0 : 1;
  }
  int failures = stream_tests() + failure_tests() + memory_failure_tests(arguments[0]) + warp_tests() +
                 tensor_core_tests() + schedule_tests() + symmetric_sums_tests();
  simt::forget_shared_bytes();
  failures += kernel_tests() + training_kernel_tests() + network_kernel_tests();
  failures += matrix_kernel_tests() + whitening_group_tests() + transformer_kernel_tests();
  if (count == 3 && std::strcmp(arguments[1], "--shared-bytes") == 0) failures += write_shared_bytes(arguments[2]);
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
