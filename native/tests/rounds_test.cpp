// The schedules of rounds.h: every tile once, and never two threads in one block.
#include "gram/rounds.h"

#include <atomic>
#include <cstdio>
#include <vector>

#include "native_tests.h"

namespace {

constexpr int64_t kSize = 10;  // items per block, of which the last has 7

using gramian::Blocks;
using gramian::Range;

int64_t items(int64_t blocks) { return blocks == 0 ? 0 : blocks * kSize - 3; }

// Counts visits, and meetings of two threads in one block.
struct Watch {
  explicit Watch(int64_t tiles, int64_t blocks) : visits(tiles), busy(blocks) {}
  std::vector<std::atomic<int>> visits;
  std::vector<std::atomic<int>> busy;
  std::atomic<int> clashes{0};

  void enter(int64_t block) { clashes += ++busy[block] > 1; }
  void leave(int64_t block) { --busy[block]; }
  void linger() const {
    for (volatile int wait = 0; wait < 300; wait = wait + 1) {
    }
  }
};

int symmetric(int threads, int64_t count) {
  Watch watch(count * count, count);
  gramian::symmetric_rounds(threads, Blocks(items(count), kSize), [&](int, Range i, Range j) {
    const int64_t a = i.begin / kSize;
    const int64_t b = j.begin / kSize;
    watch.enter(a);
    if (a != b) watch.enter(b);
    ++watch.visits[a * count + b];
    watch.linger();
    watch.leave(a);
    if (a != b) watch.leave(b);
  });
  int wrong = watch.clashes;
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t j = 0; j < count; ++j) wrong += watch.visits[i * count + j] != (i <= j ? 1 : 0);
  }
  return wrong;
}

int rectangular(int threads, int64_t rows, int64_t columns) {
  Watch watch(rows * columns, rows + columns);
  gramian::rectangular_rounds(
      threads, Blocks(items(rows), kSize), Blocks(items(columns), kSize), [&](int, Range i, Range j) {
        const int64_t a = i.begin / kSize;
        const int64_t b = j.begin / kSize;
        watch.enter(a);
        watch.enter(rows + b);
        ++watch.visits[a * columns + b];
        watch.linger();
        watch.leave(a);
        watch.leave(rows + b);
      });
  int wrong = watch.clashes;
  for (const std::atomic<int>& visits : watch.visits) wrong += visits != 1;
  return wrong;
}

}  // namespace

int rounds_test() {
  int failures = 0;
  for (int threads = 1; threads <= 4; ++threads) {
    for (int64_t count = 0; count <= 9; ++count) {
      int wrong = symmetric(threads, count);
      for (int64_t columns = 0; columns <= 6; ++columns) wrong += rectangular(threads, count, columns);
      if (wrong != 0) std::printf("rounds of %d blocks on %d threads: %d wrong\n", static_cast<int>(count), threads,
          wrong);
      failures += wrong;
    }
  }
  return failures;
}
