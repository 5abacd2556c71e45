// Copies to and from the host, and events.
#include "gramian/stream.h"

#include <memory>

#include "core/context.h"
#include "core/waits.h"

struct gramian_event {
  int device;
  cudaEvent_t event;
};

namespace {

void refuse_capture(const gramian_context* context, const char* what) {
  if (context->capturing()) {
    GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT,
        std::string(what) + " cannot be part of a capture, which is repeated without the host");
  }
}

}  // namespace

gramian_status gramian_synchronise(gramian_context* context) {
  return gramian::guarded([&] {
    refuse_capture(context, "waiting for the device");
    gramian::wait_for(static_cast<cudaStream_t>(context->stream), "waiting for the device");
  });
}

gramian_status gramian_waits(gramian_context* /*context*/, int64_t* count) {
  *count = gramian::waits();
  return GRAMIAN_OK;
}

gramian_status gramian_native_stream(gramian_context* context, int64_t* stream) {
  return gramian::guarded([&] { *stream = reinterpret_cast<int64_t>(static_cast<cudaStream_t>(context->stream)); });
}

gramian_status gramian_upload(gramian_context* context, int64_t bytes, const void* host, void* device) {
  return gramian::guarded([&] {
    refuse_capture(context, "a copy from the host");
    context->staging.upload(
        static_cast<const char*>(host), static_cast<char*>(device), static_cast<size_t>(bytes), context->stream);
  });
}

gramian_status gramian_download(gramian_context* context, int64_t bytes, const void* device, void* host) {
  return gramian::guarded([&] {
    refuse_capture(context, "a copy to the host");
    context->staging.download(
        static_cast<const char*>(device), static_cast<char*>(host), static_cast<size_t>(bytes), context->stream);
  });
}

gramian_status gramian_fetch(gramian_context* context, int64_t bytes, const void* device, void* pinned) {
  return gramian::guarded([&] {
    refuse_capture(context, "a copy to the host");
    if (bytes == 0) return;
    gramian::check(
        cudaMemcpyAsync(pinned, device, static_cast<size_t>(bytes), cudaMemcpyDeviceToHost, context->stream),
        "a copy to the host");
  });
}

gramian_status gramian_pinned_allocate(gramian_context* context, int64_t bytes, int64_t* address) {
  return gramian::guarded([&] {
    *address = 0;
    if (bytes < 0) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "negative size " + std::to_string(bytes));
    gramian::make_current(context->stream.device());
    void* memory = nullptr;
    gramian::check(cudaMallocHost(&memory, bytes == 0 ? 1 : static_cast<size_t>(bytes)), "pinned memory");
    *address = reinterpret_cast<int64_t>(memory);
  });
}

gramian_status gramian_pinned_free(gramian_context* context, int64_t address) {
  return gramian::guarded([&] {
    gramian::make_current(context->stream.device());
    gramian::check(cudaFreeHost(reinterpret_cast<void*>(address)), "pinned memory");
  });
}

gramian_status gramian_event_create(gramian_context* context, int64_t* event) {
  return gramian::guarded([&] {
    *event = 0;
    auto created = std::make_unique<gramian_event>();
    created->device = context->stream.device();
    gramian::make_current(created->device);
    gramian::check(cudaEventCreateWithFlags(&created->event, cudaEventDefault), "an event");
    *event = reinterpret_cast<int64_t>(created.release());
  });
}

gramian_status gramian_event_destroy(gramian_event* event) {
  return gramian::guarded([&] {
    const std::unique_ptr<gramian_event> owned(event);
    gramian::make_current(owned->device);
    gramian::check(cudaEventDestroy(owned->event), "an event");
  });
}

gramian_status gramian_event_record(gramian_context* context, gramian_event* event) {
  return gramian::guarded([&] {
    refuse_capture(context, "an event");
    gramian::check(cudaEventRecord(event->event, context->stream), "an event");
  });
}

gramian_status gramian_event_wait(gramian_context* context, gramian_event* event) {
  return gramian::guarded([&] {
    refuse_capture(context, "an event");
    gramian::check(cudaStreamWaitEvent(context->stream, event->event, 0), "waiting for an event");
  });
}

gramian_status gramian_event_synchronise(gramian_event* event) {
  return gramian::guarded([&] {
    gramian::make_current(event->device);
    gramian::wait_for(event->event, "waiting for an event");
  });
}

gramian_status gramian_event_milliseconds(gramian_event* begin, gramian_event* end, float* milliseconds) {
  return gramian::guarded([&] {
    gramian::make_current(end->device);
    gramian::wait_for(end->event, "waiting for an event");
    gramian::check(cudaEventElapsedTime(milliseconds, begin->event, end->event), "the time between two events");
  });
}
