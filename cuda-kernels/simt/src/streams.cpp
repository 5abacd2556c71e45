#include "simt/streams.h"

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

struct simt_graph {
  std::vector<simt::Work> work;
};

struct simt_stream {
  int device = 0;
  uint64_t seed = 0;
  std::deque<simt::Work> waiting;           // lazy: given and not run
  std::unique_ptr<simt_graph> recording;    // while it is captured
  bool spoilt = false;                      // something in the capture cannot be recorded
  cudaError_t first_error = cudaSuccess;    // lazy: of what ran, told to who waits
};

namespace {

constexpr int kDevices = 2;

// What was recorded on a stream, up to a count; shared with those who wait for it.
struct Mark {
  cudaStream_t stream = nullptr;
  bool reached = true;
  std::chrono::steady_clock::time_point time;
};

thread_local int device_now = 0;

// Every stream that was made and not destroyed, so that a caller's can be told from a seed.
std::unordered_set<cudaStream_t> existing;
std::mutex existing_lock;

// Lazy work runs one piece at a time, in whichever thread waits for it.
std::recursive_mutex running;

bool run_one(cudaStream_t stream) {
  if (stream->waiting.empty()) return false;
  const simt::Work work = std::move(stream->waiting.front());
  stream->waiting.pop_front();
  const cudaError_t error = work();
  if (stream->first_error == cudaSuccess) stream->first_error = error;
  return true;
}

cudaError_t reach(const std::shared_ptr<Mark>& mark) {
  const std::lock_guard<std::recursive_mutex> lock(running);
  while (!mark->reached && run_one(mark->stream)) {
  }
  return cudaSuccess;
}

}  // namespace

struct simt_event {
  std::shared_ptr<Mark> mark = std::make_shared<Mark>();
};

namespace simt {

bool lazy() {
  static const char* const wanted = std::getenv("GRAMIAN_SIMT_LAZY");
  static const bool late = wanted != nullptr && std::string(wanted) == "1";
  return late;
}

int current_device() { return device_now; }

uint64_t seed_of(cudaStream_t stream) { return stream == nullptr ? 0 : stream->seed; }

cudaStream_t new_stream(uint64_t seed) {
  auto* stream = new simt_stream;
  stream->device = device_now;
  stream->seed = seed;
  const std::lock_guard<std::mutex> lock(existing_lock);
  existing.insert(stream);
  return stream;
}

cudaStream_t stream_of(int64_t handle) {
  const auto stream = reinterpret_cast<cudaStream_t>(handle);
  const std::lock_guard<std::mutex> lock(existing_lock);
  return existing.count(stream) != 0 ? stream : nullptr;
}

cudaError_t refuse(cudaStream_t stream, const char* what) {
  if (stream == nullptr) return cudaSuccess;
  if (stream->recording != nullptr) {
    stream->spoilt = true;
    return failed(cudaErrorStreamCaptureUnsupported, std::string(what) + " on a stream that is captured");
  }
  if (stream->device != device_now) {
    return failed(cudaErrorInvalidResourceHandle, std::string(what) + " on a stream of device " +
                                                      std::to_string(stream->device) + " while device " +
                                                      std::to_string(device_now) + " is current");
  }
  return cudaSuccess;
}

cudaError_t submit(cudaStream_t stream, Work work) {
  if (stream == nullptr) return work();
  if (stream->recording != nullptr) {
    stream->recording->work.push_back(std::move(work));
    return cudaSuccess;
  }
  const cudaError_t refused = refuse(stream, "work");
  if (refused != cudaSuccess) return refused;
  if (!lazy()) return work();
  const std::lock_guard<std::recursive_mutex> lock(running);
  stream->waiting.push_back(std::move(work));
  return cudaSuccess;
}

}  // namespace simt

cudaError_t cudaGetDevice(int* device) {
  *device = device_now;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  if (device < 0 || device >= kDevices) {
    return simt::failed(cudaErrorInvalidDevice,
        "there is no device " + std::to_string(device) + ", the executor has " + std::to_string(kDevices));
  }
  device_now = device;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr /*attribute*/, int /*device*/) {
  *value = 1;
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned /*flags*/) {
  *stream = simt::new_stream(0);
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const cudaError_t refused = simt::refuse(stream, "waiting for the device");
  if (refused != cudaSuccess || stream == nullptr) return refused;
  const std::lock_guard<std::recursive_mutex> lock(running);
  while (run_one(stream)) {
  }
  return std::exchange(stream->first_error, cudaSuccess);
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  if (stream != nullptr && stream->recording == nullptr) {
    const std::lock_guard<std::recursive_mutex> lock(running);
    while (run_one(stream)) {
    }
  }
  const std::lock_guard<std::mutex> lock(existing_lock);
  existing.erase(stream);
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned /*flags*/) {
  *event = new simt_event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const cudaError_t refused = simt::refuse(stream, "an event");
  if (refused != cudaSuccess) return refused;
  auto mark = std::make_shared<Mark>();
  mark->stream = stream;
  mark->reached = false;
  event->mark = mark;
  return simt::submit(stream, [mark] {
    mark->reached = true;
    mark->time = std::chrono::steady_clock::now();
    return cudaSuccess;
  });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned /*flags*/) {
  const cudaError_t refused = simt::refuse(stream, "waiting for an event");
  if (refused != cudaSuccess) return refused;
  return simt::submit(stream, [mark = event->mark] { return reach(mark); });
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  const std::lock_guard<std::recursive_mutex> lock(running);
  return event->mark->reached ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) { return reach(event->mark); }

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  reach(end->mark);
  if (begin->mark->stream == nullptr || end->mark->stream == nullptr || !begin->mark->reached) {
    return simt::failed(cudaErrorInvalidResourceHandle, "an event was not recorded");
  }
  *milliseconds = std::chrono::duration<float, std::milli>(end->mark->time - begin->mark->time).count();
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode /*mode*/) {
  const cudaError_t refused = simt::refuse(stream, "a capture");
  if (refused != cudaSuccess) return refused;
  stream->recording = std::make_unique<simt_graph>();
  stream->spoilt = false;
  return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  const bool active = stream != nullptr && stream->recording != nullptr;
  *status = active ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = nullptr;
  std::unique_ptr<simt_graph> recorded = std::move(stream->recording);
  if (stream->spoilt) {
    return simt::failed(cudaErrorStreamCaptureInvalidated, "something in the capture could not be recorded");
  }
  *graph = recorded.release();
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long /*flags*/) {
  *executable = new simt_graph(*graph);
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  for (const simt::Work& work : executable->work) {
    const cudaError_t error = simt::submit(stream, work);
    if (error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
