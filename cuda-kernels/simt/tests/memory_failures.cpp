// What only AddressSanitizer sees: accesses to device memory out of bounds. It ends the process, so each runs in one of
// its own.
#include <cstdlib>

#include "simt_tests.h"

namespace {

#ifdef __SANITIZE_ADDRESS__
std::string output_of(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "";
  std::string text;
  char part[512];
  while (std::fgets(part, sizeof part, pipe) != nullptr) text += part;
  return pclose(pipe) == 0 ? "the process ended well" : text;
}
#endif

}  // namespace

int memory_failure_tests([[maybe_unused]] const char* program) {
  int failures = 0;
#ifdef __SANITIZE_ADDRESS__
  for (const char* which : {"read", "write"}) {
    const std::string output = output_of(std::string("'") + program + "' --out-of-bounds " + which);
    failures += simt_tests::expect_contains(which, output, "heap-buffer-overflow");
    failures += simt_tests::expect_contains(which, output, which == std::string("read") ? "READ" : "WRITE");
    failures += simt_tests::expect_contains(
        which, output, "kernel read_global, block (0,0,0), thread (63,0,0): bad access to device memory");
  }
#endif
  return failures;
}
