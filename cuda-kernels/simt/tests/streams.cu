// Streams, events, captures and memory of the executor and of the C ABI on it: run as it is, and once more with work
// that waits until somebody waits for it (GRAMIAN_SIMT_LAZY=1).
#include "gramian/stream.h"

#include <cuda_runtime.h>

#include <vector>

#include "core/context.h"
#include "gramian/linear_algebra.h"
#include "kernel_calls.h"
#include "simt_tests.h"

namespace {

using gramian::launch;
using simt_tests::Context;
using simt_tests::expect_close;
using simt_tests::expect_contains;
using simt_tests::expect_ok;
using simt_tests::message_of;

__global__ void add_to(float* x, float value) { x[threadIdx.x] += value; }

int expect_failure(const char* name, gramian_status status, gramian_status expected, const char* words) {
  return expect_close(name, status, expected, 0) + expect_contains(name, gramian_last_error(), words);
}

// Device memory of one float that starts at a value.
struct Number {
  Number(gramian_context* context_, float value) : context(context_) {
    gramian_allocate(context, 4, &address);
    gramian_fill(context, 1, value, get());
  }
  ~Number() { gramian_free(context, 4, address); }
  Number(const Number&) = delete;
  Number& operator=(const Number&) = delete;
  float* get() const { return reinterpret_cast<float*>(address); }
  float read() const {
    float value = std::nanf("");
    gramian_download(context, 4, get(), &value);
    return value;
  }

  gramian_context* context;
  int64_t address = 0;
};

int work_waits_only_when_lazy() {
  const Context at(1, 0);
  const Number x(at.get(), 1);
  gramian_synchronise(at.get());
  launch(at.get()->stream, {"add_to", 1, 1}, add_to, x.get(), 1.0f);
  int failures = expect_close("before anybody waits", *x.get(), simt::lazy() ? 1 : 2, 0);
  failures += expect_ok("synchronise", gramian_synchronise(at.get()));
  return failures + expect_close("after", *x.get(), 2, 0);
}

int events_order_two_streams() {
  const Context first(1, 0);
  const Context second(2, 0);
  const Number x(first.get(), 1);
  int64_t address = 0;
  int failures = expect_ok("event", gramian_event_create(first.get(), &address));
  auto* event = reinterpret_cast<gramian_event*>(address);
  failures += expect_ok("record", gramian_event_record(first.get(), event));
  failures += expect_ok("wait", gramian_event_wait(second.get(), event));
  launch(second.get()->stream, {"add_to", 1, 1}, add_to, x.get(), 2.0f);
  float value = 0;
  failures += expect_ok("download", gramian_download(second.get(), 4, x.get(), &value));
  failures += expect_close("behind the event", value, 3, 0);
  float milliseconds = -1;
  failures += expect_ok("time", gramian_event_milliseconds(event, event, &milliseconds));
  failures += expect_close("no time", milliseconds, 0, 0);
  failures += expect_ok("synchronise", gramian_event_synchronise(event));
  return failures + expect_ok("destroy", gramian_event_destroy(event));
}

int captures_are_recorded_and_replayed() {
  const Context at(3, 0);
  const Number x(at.get(), 1);
  int failures = expect_ok("begin", gramian_capture_begin(at.get()));
  const int64_t before = at.get()->scratch_bytes();
  at.get()->begin();
  float* scratch = at.get()->scratch<float>(1);
  failures += expect_ok("fill", gramian_fill(at.get(), 1, 5, scratch));
  failures += expect_ok("add", gramian_scale_by(at.get(), 1, scratch, x.get(), x.get()));
  int64_t address = 0;
  failures += expect_ok("end", gramian_capture_end(at.get(), &address));
  auto* graph = reinterpret_cast<gramian_graph*>(address);
  failures += expect_close("scratch of the context", static_cast<double>(at.get()->scratch_bytes()),
      static_cast<double>(before), 0);
  failures += expect_close("nothing ran", x.read(), 1, 0);
  failures += expect_ok("launch", gramian_graph_launch(at.get(), graph));
  failures += expect_ok("launch", gramian_graph_launch(at.get(), graph));
  failures += expect_close("ran twice", x.read(), 25, 0);
  return failures + expect_ok("destroy", gramian_graph_destroy(at.get(), graph));
}

int captures_refuse_the_host() {
  const Context at(4, 0);
  const Number x(at.get(), 1);
  float value = 0;
  int64_t graph = 0;
  int failures = expect_ok("begin", gramian_capture_begin(at.get()));
  failures += expect_failure("download", gramian_download(at.get(), 4, x.get(), &value), GRAMIAN_INVALID_ARGUMENT,
      "a copy to the host cannot be part of a capture");
  failures += expect_failure("upload", gramian_upload(at.get(), 4, &value, x.get()), GRAMIAN_INVALID_ARGUMENT,
      "a copy from the host cannot be part of a capture");
  failures +=
      expect_failure("free", gramian_free(at.get(), 4, x.address), GRAMIAN_INVALID_ARGUMENT, "freed inside a capture");
  failures += expect_failure("again", gramian_capture_begin(at.get()), GRAMIAN_INVALID_ARGUMENT, "captured already");
  failures += expect_ok("end", gramian_capture_end(at.get(), &graph));
  failures +=
      expect_ok("destroy", gramian_graph_destroy(at.get(), reinterpret_cast<gramian_graph*>(graph)));
  failures += expect_ok("begin", gramian_capture_begin(at.get()));
  failures += cudaStreamSynchronize(at.get()->stream) == cudaErrorStreamCaptureUnsupported ? 0 : 1;
  failures += expect_failure("spoilt", gramian_capture_end(at.get(), &graph), GRAMIAN_INVALID_ARGUMENT,
      "what was called cannot be part of a capture");
  return failures + expect_close("no graph", static_cast<double>(graph), 0, 0);
}

int transfers_of_any_length() {
  const Context at(5, 0);
  int failures = 0;
  for (const int64_t count : {0, 1, 1 << 20, (2 << 20) + 3, (3 << 20) + 1}) {
    std::vector<float> there(static_cast<size_t>(count));
    simt_tests::fill(there.data(), count, 0.3);
    std::vector<float> back(there.size(), -1);
    int64_t address = 0;
    failures += expect_ok("allocate", gramian_allocate(at.get(), 4 * count, &address));
    failures +=
        expect_ok("upload", gramian_upload(at.get(), 4 * count, there.data(), reinterpret_cast<void*>(address)));
    failures +=
        expect_ok("download", gramian_download(at.get(), 4 * count, reinterpret_cast<void*>(address), back.data()));
    failures += there == back ? 0 : 1;
    failures += expect_ok("free", gramian_free(at.get(), 4 * count, address));
  }
  return failures;
}

double waits_of(gramian_context* context) {
  int64_t count = -1;
  gramian_waits(context, &count);
  return static_cast<double>(count);
}

// Many small uploads of a step are under way at once, and arrive each with its own bytes.
int uploads_do_not_wait_for_each_other() {
  const Context at(8, 0);
  std::vector<Number*> numbers;
  const double before = waits_of(at.get());
  int failures = 0;
  for (int i = 0; i < 40; ++i) {
    numbers.push_back(new Number(at.get(), -1));
    const float value = static_cast<float>(i);
    failures += expect_ok("upload", gramian_upload(at.get(), 4, &value, numbers.back()->get()));
  }
  failures += expect_close("nobody waited", waits_of(at.get()) - before, 0, 0);
  for (int i = 0; i < 40; ++i) failures += expect_close("upload", numbers[static_cast<size_t>(i)]->read(), i, 0);
  failures += expect_close("each read is a wait", waits_of(at.get()) - before, 40, 0);
  for (const Number* number : numbers) delete number;
  return failures;
}

int waits_are_counted() {
  const Context at(9, 0);
  const Number x(at.get(), 1);
  int64_t address = 0;
  int failures = expect_ok("event", gramian_event_create(at.get(), &address));
  auto* event = reinterpret_cast<gramian_event*>(address);
  failures += expect_ok("record", gramian_event_record(at.get(), event));
  const double before = waits_of(at.get());
  failures += expect_ok("synchronise", gramian_event_synchronise(event));
  // an event that comes late is one that is waited for
  failures += expect_close("event", waits_of(at.get()) - before, simt::lazy() ? 1 : 0, 0);
  failures += expect_ok("synchronise", gramian_event_synchronise(event));
  failures += expect_close("event that came", waits_of(at.get()) - before, simt::lazy() ? 1 : 0, 0);
  failures += expect_ok("synchronise", gramian_synchronise(at.get()));
  failures += expect_close("all work", waits_of(at.get()) - before, simt::lazy() ? 2 : 1, 0);
  return failures + expect_ok("destroy", gramian_event_destroy(event));
}

int memory_has_a_limit_and_is_given_back() {
  const Context at(6, 0);
  int64_t before[5];
  int64_t after[5];
  int64_t address = 0;
  int failures = expect_ok("statistics", gramian_memory_statistics(at.get(), before));
  failures += expect_ok("limit", gramian_memory_limit(at.get(), before[0] + 1000));
  failures += expect_failure("too much", gramian_allocate(at.get(), 1001, &address), GRAMIAN_OUT_OF_MEMORY,
      "asked for 1001 bytes, holds ");
  failures += expect_contains("of a limit", gramian_last_error(), " that are allowed; the device has ");
  failures += expect_ok("as much", gramian_allocate(at.get(), 1000, &address));
  failures += expect_ok("statistics", gramian_memory_statistics(at.get(), after));
  failures += expect_close("held", static_cast<double>(after[0] - before[0]), 1000, 0);
  failures += expect_ok("free", gramian_free(at.get(), 1000, address));
  failures += expect_ok("limit", gramian_memory_limit(at.get(), 0));
  gramian_synchronise(at.get());
  failures += expect_ok("statistics", gramian_memory_statistics(at.get(), after));
  failures += expect_close("held again", static_cast<double>(after[0] - before[0]), 0, 0);
  return failures + expect_close("reserved again", static_cast<double>(after[1] - before[1]), 0, 0);
}

int devices_are_apart() {
  int64_t address = 0;
  int failures = expect_ok("device 1", gramian_context_create(1, 0, 7, &address));
  auto* other = reinterpret_cast<gramian_context*>(address);
  const Context here(7, 0);
  {
    const Number x(other, 4);
    const Number y(here.get(), 5);
    failures += expect_close("of device 1", x.read(), 4, 0);
    failures += expect_close("of device 0", y.read(), 5, 0);
    const cudaStream_t stream = other->stream;
    cudaSetDevice(0);
    failures += expect_contains("another device",
        message_of([&] { launch(stream, {"add_to", 1, 1}, add_to, x.get(), 1.0f); }),
        "on a stream of device 1 while device 0 is current");
  }
  failures += expect_ok("destroy", gramian_context_destroy(other));
  return failures + expect_failure("no such device", gramian_context_create(2, 0, 0, &address), GRAMIAN_VENDOR_ERROR,
                        "there is no device 2, the executor has 2");
}

int a_lost_device_is_named() {
  return expect_contains("lost", message_of([] { gramian::check(cudaErrorECCUncorrectable, "a download"); }),
      "a download: the CUDA device is lost (uncorrectable ECC error encountered); nothing on it can go on");
}

}  // namespace

int stream_tests() {
  return work_waits_only_when_lazy() + events_order_two_streams() + captures_are_recorded_and_replayed() +
         captures_refuse_the_host() + transfers_of_any_length() + uploads_do_not_wait_for_each_other() +
         waits_are_counted() +
         memory_has_a_limit_and_is_given_back() + devices_are_apart() + a_lost_device_is_named();
}
