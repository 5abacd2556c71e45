#include "core/waits.h"

#include "core/launch.h"

namespace gramian {

int64_t& waits() {
  static thread_local int64_t count = 0;
  return count;
}

bool has_come(cudaEvent_t event, const char* what) {
  const cudaError_t state = cudaEventQuery(event);
  if (state == cudaErrorNotReady) {
    cudaGetLastError();  // this is no error
    return false;
  }
  check(state, what);
  return true;
}

void wait_for(cudaEvent_t event, const char* what) {
  if (has_come(event, what)) return;
  ++waits();
  check(cudaEventSynchronize(event), what);
}

void wait_for(cudaStream_t stream, const char* what) {
  ++waits();
  check(cudaStreamSynchronize(stream), what);
}

}  // namespace gramian
