// Streams of the CPU: a call is over when it returns, so copies are copies and events are times.
#include "gramian/stream.h"

#include <chrono>
#include <cstring>
#include <memory>

#include "core/memory.h"
#include "core/status.h"

struct gramian_event {
  std::chrono::steady_clock::time_point recorded;
};

namespace {

void copy(int64_t bytes, const void* source, void* target) {
  if (bytes > 0) std::memcpy(target, source, static_cast<size_t>(bytes));
}

gramian_status no_graphs() {
  return gramian::guarded([] {
    GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "the CPU records no graphs; run the calls themselves");
  });
}

}  // namespace

gramian_status gramian_synchronise(gramian_context* /*context*/) { return GRAMIAN_OK; }

gramian_status gramian_waits(gramian_context* /*context*/, int64_t* count) {
  *count = 0;
  return GRAMIAN_OK;
}

gramian_status gramian_native_stream(gramian_context* /*context*/, int64_t* stream) {
  *stream = 0;
  return GRAMIAN_OK;
}

gramian_status gramian_upload(gramian_context* /*context*/, int64_t bytes, const void* host, void* device) {
  copy(bytes, host, device);
  return GRAMIAN_OK;
}

gramian_status gramian_download(gramian_context* /*context*/, int64_t bytes, const void* device, void* host) {
  copy(bytes, device, host);
  return GRAMIAN_OK;
}

gramian_status gramian_fetch(gramian_context* /*context*/, int64_t bytes, const void* device, void* pinned) {
  copy(bytes, device, pinned);
  return GRAMIAN_OK;
}

gramian_status gramian_pinned_allocate(gramian_context* context, int64_t bytes, int64_t* address) {
  return gramian_allocate(context, bytes, address);
}

gramian_status gramian_pinned_free(gramian_context* /*context*/, int64_t address) {
  gramian::aligned_free(reinterpret_cast<void*>(address));
  return GRAMIAN_OK;
}

gramian_status gramian_event_create(gramian_context* /*context*/, int64_t* event) {
  return gramian::guarded([&] {
    auto created = std::make_unique<gramian_event>();
    *event = reinterpret_cast<int64_t>(created.release());
  });
}

gramian_status gramian_event_destroy(gramian_event* event) {
  delete event;
  return GRAMIAN_OK;
}

gramian_status gramian_event_record(gramian_context* /*context*/, gramian_event* event) {
  event->recorded = std::chrono::steady_clock::now();
  return GRAMIAN_OK;
}

gramian_status gramian_event_wait(gramian_context* /*context*/, gramian_event* /*event*/) { return GRAMIAN_OK; }

gramian_status gramian_event_synchronise(gramian_event* /*event*/) { return GRAMIAN_OK; }

gramian_status gramian_event_milliseconds(gramian_event* begin, gramian_event* end, float* milliseconds) {
  *milliseconds = std::chrono::duration<float, std::milli>(end->recorded - begin->recorded).count();
  return GRAMIAN_OK;
}

gramian_status gramian_capture_begin(gramian_context* /*context*/) { return no_graphs(); }

gramian_status gramian_capture_end(gramian_context* /*context*/, int64_t* graph) {
  *graph = 0;
  return no_graphs();
}

gramian_status gramian_graph_launch(gramian_context* /*context*/, gramian_graph* /*graph*/) { return no_graphs(); }

gramian_status gramian_graph_destroy(gramian_context* /*context*/, gramian_graph* /*graph*/) { return no_graphs(); }
