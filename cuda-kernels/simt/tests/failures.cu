// Kernels with one mistake each, and the sentence that each mistake must end with, for several schedules.
#include <cuda_runtime.h>

#include "core/launch.h"
#include "simt_tests.h"
#include "tile/ptx.h"
#include "tile/shared.h"

namespace {

using gramian::Grid;
using gramian::launch;
using gramian::tile::Shared;
using gramian::tile::SharedMemory;
using simt_tests::expect_contains;
using simt_tests::message_of;

constexpr int kThreads = 64;
constexpr unsigned kAllLanes = 0xffffffffu;

// y = x reversed in the block, through shared memory; right only with its barrier. Runs twice, so that the second time
// nothing is uninitialised.
__global__ void reverse(const float* x, float* y, bool first_barrier, bool second_barrier) {
  SharedMemory memory;
  Shared<float> staged = memory.take<float>(kThreads);
  const int i = static_cast<int>(threadIdx.x);
  for (int round = 0; round < 2; ++round) {
    staged[i] = x[i];
    if (first_barrier || round == 0) __syncthreads();
    y[i] = staged[kThreads - 1 - i];
    if (second_barrier) __syncthreads();
  }
}

__global__ void read_uninitialised(float* y) {
  SharedMemory memory;
  Shared<float> staged = memory.take<float>(kThreads);
  if (threadIdx.x < kThreads - 1) staged[threadIdx.x] = 1;
  __syncthreads();
  y[threadIdx.x] = staged[threadIdx.x];
}

__global__ void read_past_the_end(float* y) {
  SharedMemory memory;
  Shared<float> staged = memory.take<float>(kThreads);
  Shared<float> behind = memory.take<float>(kThreads);
  staged[threadIdx.x] = 1;
  behind[threadIdx.x] = 2;
  __syncthreads();
  y[threadIdx.x] = staged[threadIdx.x + 1];
}

__global__ void shuffle_with_a_missing_lane(float* y) {
  float x = static_cast<float>(threadIdx.x);
  if (threadIdx.x % 32 != 7) x += __shfl_xor_sync(kAllLanes, x, 1);
  y[threadIdx.x] = x;
}

__global__ void shuffle_from_outside_the_mask(float* y) {
  float x = static_cast<float>(threadIdx.x);
  const unsigned mask = threadIdx.x % 32 < 16 ? 0x0000ffffu : 0xffff0000u;
  x += __shfl_xor_sync(mask, x, 16);
  y[threadIdx.x] = x;
}

__global__ void leave_before_the_barrier(float* y) {
  if (threadIdx.x == 3) return;
  __syncthreads();
  y[threadIdx.x] = 0;
}

__global__ void two_barriers(float* y) {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  y[threadIdx.x] = 0;
}

__global__ void barrier_or_shuffle(float* y) {
  if (threadIdx.x == 5) __syncthreads();
  y[threadIdx.x] = __shfl_sync(kAllLanes, 1.0f, 0);
}

// Neighbours in a warp exchange through shared memory; right only with __syncwarp.
__global__ void exchange(float* y, bool sync) {
  SharedMemory memory;
  Shared<float> staged = memory.take<float>(kThreads);
  staged[threadIdx.x] = 0;
  __syncthreads();
  staged[threadIdx.x] = static_cast<float>(threadIdx.x);
  if (sync) __syncwarp();
  y[threadIdx.x] = staged[threadIdx.x ^ 1];
}

__global__ void all_write_one(float* y) {
  SharedMemory memory;
  Shared<float> staged = memory.take<float>(1);
  staged[0] = static_cast<float>(threadIdx.x);
  __syncthreads();
  y[threadIdx.x] = staged[0];
}

// y = x through cp.async in two groups. waited: groups that may still be on their way when the data is read.
template <int kWaited>
__global__ void copy(const float* x, float* y, bool wait, bool barrier) {
  SharedMemory memory;
  Shared<float> staged = memory.take<float>(8 * kThreads);
  const int i = 4 * static_cast<int>(threadIdx.x);
  for (int half = 0; half < 2; ++half) {
    gramian::tile::copy_async(staged + (half * 4 * kThreads + i), x + half * 4 * kThreads + i, true);
    gramian::tile::commit_copies();
  }
  if (wait) gramian::tile::wait_copies<kWaited>();
  if (barrier) __syncthreads();
  for (int k = 0; k < 8; ++k) y[8 * threadIdx.x + k] = staged[8 * threadIdx.x + k];
}

__global__ void misaligned_copy(const float* x) {
  SharedMemory memory;
  Shared<float> staged = memory.take<float>(4 * kThreads);
  gramian::tile::copy_async(staged + 4 * threadIdx.x, x + 1, true);
}

__global__ void take_too_much() {
  SharedMemory memory;
  memory.take<float>(2 * kThreads);
}

struct Run {
  cudaStream_t stream;
  float* x;
  float* y;
  Grid grid(const char* name, int64_t floats = kThreads) const {
    return {name, 2, kThreads, gramian::tile::shared_bytes<float>(floats)};
  }
};

int shared_memory(const Run& r) {
  int failures = 0;
  const auto reversed = [&](bool first, bool second) {
    return message_of([&] { launch(r.stream, r.grid("reverse"), reverse, r.x, r.y, first, second); });
  };
  failures += expect_contains("right reverse", reversed(true, true) + "none", "none");
  failures += reversed(true, true).empty() ? 0 : 1;
  failures += expect_contains("no barrier after the write", reversed(false, true), "race: ");
  failures += expect_contains("no barrier after the read", reversed(true, false), "race: ");
  failures += expect_contains("kernel and block", reversed(true, false), "kernel reverse, block (");
  failures += expect_contains("uninitialised",
      message_of([&] { launch(r.stream, r.grid("uninitialised"), read_uninitialised, r.y); }),
      "thread (63,0,0): reads uninitialised shared memory, element 63 of shared array 0");
  failures += expect_contains("past the end",
      message_of([&] { launch(r.stream, r.grid("past", 2 * kThreads), read_past_the_end, r.y); }),
      "thread (63,0,0): accesses element 64 of shared array 0, which has 64");
  failures += expect_contains("all write one",
      message_of([&] { launch(r.stream, r.grid("all_write_one"), all_write_one, r.y); }), "race: writes what thread");
  failures += expect_contains(
      "no syncwarp", message_of([&] { launch(r.stream, r.grid("exchange"), exchange, r.y, false); }), "race: ");
  failures += message_of([&] { launch(r.stream, r.grid("exchange"), exchange, r.y, true); }).empty() ? 0 : 1;
  failures += expect_contains("too much", message_of([&] { launch(r.stream, r.grid("too_much"), take_too_much); }),
      "takes 512 bytes of shared memory, launched with 256");
  return failures;
}

int waiting(const Run& r) {
  const auto expect = [&](void (*kernel)(float*), const char* name, const char* message) {
    return expect_contains(name, message_of([&] { launch(r.stream, r.grid(name), kernel, r.y); }), message);
  };
  return expect(shuffle_with_a_missing_lane, "missing_lane", "waits for lane 7 of its mask, which has left") +
         expect(shuffle_from_outside_the_mask, "outside_mask", "takes the value of lane") +
         expect(leave_before_the_barrier, "leave", "but thread (3,0,0) has left the kernel") +
         expect(two_barriers, "two_barriers", "waits at another one, failures.cu:") +
         expect(barrier_or_shuffle, "barrier_or_shuffle", "lane 5 of its mask, which waits at __syncthreads");
}

int async_copies(const Run& r) {
  int failures = 0;
  const auto copied = [&](void (*kernel)(const float*, float*, bool, bool), bool wait, bool barrier) {
    Grid grid = r.grid("copy", 8 * kThreads);
    grid.blocks = 1;
    return message_of([&] { launch(r.stream, grid, kernel, r.x, r.y, wait, barrier); });
  };
  for (int i = 0; i < 8 * kThreads; ++i) r.y[i] = -1;
  failures += copied(copy<0>, true, true).empty() ? 0 : 1;
  for (int i = 0; i < 8 * kThreads; ++i) failures += simt_tests::expect_close("copy", r.y[i], r.x[i], 0);
  failures += expect_contains("no wait", copied(copy<0>, false, true), "has not brought yet (no wait)");
  failures += expect_contains("one group too few", copied(copy<1>, true, true), "has not brought yet (no wait)");
  failures += expect_contains("no barrier after the wait", copied(copy<0>, true, false), "shared array 0");
  failures += expect_contains("misaligned",
      message_of([&] { launch(r.stream, r.grid("misaligned", 4 * kThreads), misaligned_copy, r.x); }),
      "from an address that is not a multiple of 16");
  return failures;
}

}  // namespace

int failure_tests() {
  int failures = 0;
  void* x = nullptr;
  void* y = nullptr;
  gramian::check(cudaMalloc(&x, 8 * kThreads * sizeof(float)), "x");
  gramian::check(cudaMalloc(&y, 8 * kThreads * sizeof(float)), "y");
  for (int i = 0; i < 8 * kThreads; ++i) static_cast<float*>(x)[i] = static_cast<float>(i);
  for (uint64_t seed = 0; seed < 8; ++seed) {
    const Run run = {simt::new_stream(seed), static_cast<float*>(x), static_cast<float*>(y)};
    failures += shared_memory(run) + waiting(run) + async_copies(run);
    Grid huge = run.grid("huge");
    huge.threads = 1025;
    failures += expect_contains("too many threads",
        message_of([&] { launch(run.stream, huge, leave_before_the_barrier, run.y); }), "2 blocks of 1025 threads");
    cudaStreamDestroy(run.stream);
  }
  cudaFree(x);
  cudaFree(y);
  return failures;
}

namespace {

__global__ void read_global(const float* x, float* y, int shift) { y[threadIdx.x] = x[threadIdx.x + shift]; }

}  // namespace

void run_out_of_bounds(const std::string& which) {
  void* x = nullptr;
  void* y = nullptr;
  gramian::check(cudaMalloc(&x, kThreads * sizeof(float)), "x");
  gramian::check(cudaMalloc(&y, (which == "write" ? kThreads - 1 : kThreads) * sizeof(float)), "y");
  launch(nullptr, {"read_global", 1, kThreads}, read_global, static_cast<float*>(x), static_cast<float*>(y),
      which == "read" ? 1 : 0);
  cudaFree(x);
  cudaFree(y);
}
