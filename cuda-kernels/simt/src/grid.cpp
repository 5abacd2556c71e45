#include <omp.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <mutex>

#include "simt/block.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace simt {
namespace {

thread_local Stacks stacks;

#ifdef __SANITIZE_ADDRESS__
// The sanitizer reports an access to device memory out of bounds; this says whose it was.
void name_the_thread(const char*) {
  if (current == nullptr) return;
  const Index3 b = current->block->index();
  const Index3 t = current->index;
  std::fprintf(stderr, "kernel %s, block (%u,%u,%u), thread (%u,%u,%u): bad access to device memory, see above\n",
      current->block->launch().name, b.x, b.y, b.z, t.x, t.y, t.z);
}
#endif

Index3 at(int64_t i, Index3 grid) {
  return {static_cast<unsigned>(i % grid.x), static_cast<unsigned>(i / grid.x % grid.y),
      static_cast<unsigned>(i / grid.x / grid.y)};
}

// Visits 0 .. count-1 in an order that the seed decides: i -> (first + i * step) mod count, step prime to count.
struct Order {
  int64_t first, step, count;
  Order(uint64_t seed, int64_t count_) : first(0), step(1), count(count_) {
    first = static_cast<int64_t>(seed % static_cast<uint64_t>(count));
    for (const int64_t prime : {1000003, 999983, 999979, 999961}) {
      if (seed % 2 == 1 && count % prime != 0) step = prime % count;
    }
  }
  int64_t operator()(int64_t i) const { return (first + i * step) % count; }
};

}  // namespace

void run(const Launch& launch) {
#ifdef __SANITIZE_ADDRESS__
  __asan_set_error_report_callback(name_the_thread);
#endif
  const int64_t count = static_cast<int64_t>(launch.grid.x) * launch.grid.y * launch.grid.z;
  const Order order(launch.seed, count);
  int64_t failed = std::numeric_limits<int64_t>::max();
  std::exception_ptr failure;
  std::mutex mutex;
  const int threads = static_cast<int>(std::min<int64_t>(omp_get_max_threads(), count));
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (int64_t i = 0; i < count; ++i) {
    const int64_t number = order(i);
    {
      const std::lock_guard<std::mutex> lock(mutex);
      if (number > failed) continue;
    }
    try {
      Block(launch, at(number, launch.grid)).run(stacks);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (number < failed) {
        failed = number;
        failure = std::current_exception();
      }
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace simt
