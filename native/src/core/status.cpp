#include "core/status.h"

#include <cstdio>
#include <cstring>

namespace gramian {
namespace {

thread_local char last_error[1024] = "";

std::string located(const std::string& message, const char* file, int line) {
  const char* slash = std::strrchr(file, '/');
  return message + " (" + (slash == nullptr ? file : slash + 1) + ":" + std::to_string(line) + ")";
}

}  // namespace

Failure::Failure(gramian_status status, const std::string& message, const char* file, int line)
    : std::runtime_error(located(message, file, line)), status_(status) {}

void set_last_error(const char* message) noexcept { std::snprintf(last_error, sizeof last_error, "%s", message); }

}  // namespace gramian

const char* gramian_last_error(void) { return gramian::last_error; }
