// Streams: copies to and from the host, events, and sequences of calls that are recorded once and replayed.
//
// Work of one context runs in the order of its calls; contexts wait for each other through events only. On the CPU
// every call is over when it returns.
#ifndef GRAMIAN_STREAM_H
#define GRAMIAN_STREAM_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

// A point in the work of a context.
typedef struct gramian_event gramian_event;
// Calls that were recorded and can be repeated.
typedef struct gramian_graph gramian_graph;

/** Waits until all that the context was given is done. */
GRAMIAN_EXPORT gramian_status gramian_synchronise(gramian_context* context);
/** How often the calling thread has waited for a device so far: copies to the host, and events that had not come. 0 on
 *  the CPU. */
GRAMIAN_EXPORT gramian_status gramian_waits(gramian_context* context, int64_t* count);
/** The context's stream, as a cudaStream_t; 0 on the CPU. Makes the device current for the calling thread. */
GRAMIAN_EXPORT gramian_status gramian_native_stream(gramian_context* context, int64_t* stream);

/** Copies host memory to the device, in stream order. The host memory may be changed when the call returns. */
GRAMIAN_EXPORT gramian_status gramian_upload(gramian_context* context, int64_t bytes, const void* host, void* device);
/** Copies device memory to the host, in stream order; the bytes are there when the call returns. */
GRAMIAN_EXPORT gramian_status gramian_download(
    gramian_context* context, int64_t bytes, const void* device, void* host);
/** Copies device memory to pinned host memory, in stream order, without waiting. */
GRAMIAN_EXPORT gramian_status gramian_fetch(gramian_context* context, int64_t bytes, const void* device, void* pinned);
/** Allocates host memory that the context's device can copy to without waiting. */
GRAMIAN_EXPORT gramian_status gramian_pinned_allocate(gramian_context* context, int64_t bytes, int64_t* address);
/** Frees what gramian_pinned_allocate returned; nothing may still copy to it. */
GRAMIAN_EXPORT gramian_status gramian_pinned_free(gramian_context* context, int64_t address);

/** Creates an event on the context's device. */
GRAMIAN_EXPORT gramian_status gramian_event_create(gramian_context* context, int64_t* event);
/** Frees an event. */
GRAMIAN_EXPORT gramian_status gramian_event_destroy(gramian_event* event);
/** The event comes when all that the context was given so far is done. */
GRAMIAN_EXPORT gramian_status gramian_event_record(gramian_context* context, gramian_event* event);
/** What the context is given from now on waits for the last recorded event; the caller does not. */
GRAMIAN_EXPORT gramian_status gramian_event_wait(gramian_context* context, gramian_event* event);
/** The caller waits for the last recorded event; not at all if there was none. */
GRAMIAN_EXPORT gramian_status gramian_event_synchronise(gramian_event* event);
/** Milliseconds of device time between two recorded events; waits for the second. */
GRAMIAN_EXPORT gramian_status gramian_event_milliseconds(gramian_event* begin, gramian_event* end, float* milliseconds);

/**
 * From here on, calls with this context are recorded instead of run, up to gramian_capture_end. Between the two nothing
 * may wait for the device, copy from or to the host, or use events: such a call fails, and the capture with it.
 */
GRAMIAN_EXPORT gramian_status gramian_capture_begin(gramian_context* context);
/** Ends the recording: *graph repeats it, on the memory that it used. 0 and a status when something in it failed. */
GRAMIAN_EXPORT gramian_status gramian_capture_end(gramian_context* context, int64_t* graph);
/** Runs the recorded calls in the order of the context's stream. */
GRAMIAN_EXPORT gramian_status gramian_graph_launch(gramian_context* context, gramian_graph* graph);
/** Waits for the stream and frees a graph with the scratch memory of its calls. */
GRAMIAN_EXPORT gramian_status gramian_graph_destroy(gramian_context* context, gramian_graph* graph);

GRAMIAN_EXTERN_C_END

#endif
