// Where the processor waits for a device. Each thread counts how often it does, so that a test can tell a training step
// in which nobody waits.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace gramian {

// The waits of this thread so far. What needs a device's answer at once, whether that is there or not, counts as one.
int64_t& waits();
// Whether an event is behind the device.
bool has_come(cudaEvent_t event, const char* what);
// Waits for an event; one that has come already is no wait.
void wait_for(cudaEvent_t event, const char* what);
// Waits for all work of a stream.
void wait_for(cudaStream_t stream, const char* what);

}  // namespace gramian
