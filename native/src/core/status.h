// From C++ failures to status codes: nothing is thrown across the C ABI.
#pragma once

#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include "gramian/system.h"

namespace gramian {

// A failure with its status code and place.
class Failure : public std::runtime_error {
 public:
  Failure(gramian_status status, const std::string& message, const char* file, int line);
  gramian_status status() const { return status_; }

 private:
  gramian_status status_;
};

void set_last_error(const char* message) noexcept;

// Runs body and turns exceptions into a status and the thread's last error.
template <typename Body>
gramian_status guarded(Body&& body) noexcept {
  try {
    body();
    return GRAMIAN_OK;
  } catch (const Failure& failure) {
    set_last_error(failure.what());
    return failure.status();
  } catch (const std::bad_alloc&) {
    set_last_error("out of memory");
    return GRAMIAN_OUT_OF_MEMORY;
  } catch (const std::exception& exception) {
    set_last_error(exception.what());
    return GRAMIAN_INTERNAL_ERROR;
  } catch (...) {
    set_last_error("unknown failure");
    return GRAMIAN_INTERNAL_ERROR;
  }
}

}  // namespace gramian

#define GRAMIAN_FAIL(status, message) throw ::gramian::Failure((status), (message), __FILE__, __LINE__)
