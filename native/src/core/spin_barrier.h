// A barrier for threads that meet after some microseconds of work each: between two cores that share a cache it takes a
// quarter of OpenMP's.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace gramian {

class SpinBarrier {
 public:
  explicit SpinBarrier(int threads) : at_(static_cast<size_t>(threads)) {}

  // Returns when threads 0, ..., threads - 1 have called it as often as this one. `threads` as given or fewer.
  void wait(int thread, int threads) {
    const int64_t mine = at_[static_cast<size_t>(thread)].met.load(std::memory_order_relaxed) + 1;
    at_[static_cast<size_t>(thread)].met.store(mine, std::memory_order_release);
    for (int t = 0; t < threads; ++t) {
      const std::atomic<int64_t>& other = at_[static_cast<size_t>(t)].met;
      for (int looks = 0; other.load(std::memory_order_acquire) < mine; ++looks) {
        if (looks >= kLooks) std::this_thread::yield();
      }
    }
  }

 private:
  // A millisecond or two: the other thread lost its core, and may need this one. Not earlier, because another program
  // may keep a core that is offered to it for as long.
  static constexpr int kLooks = 1 << 20;

  // On a cache line of its own, which one thread writes and the others read.
  struct alignas(64) Place {
    std::atomic<int64_t> met{0};
  };

  std::vector<Place> at_;
};

}  // namespace gramian
