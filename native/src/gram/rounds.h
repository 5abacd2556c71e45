// Who computes which tile, and when: so that no two threads ever write the same rows, nothing is ever added atomically,
// and every sum is taken in an order that depends on the sizes alone. Same input, same bits, whatever the number of
// threads.
//
//   Blocks blocks(count, size);                             a fixed partition of items; never derive size from threads
//   for_each_block(threads, blocks, body);                  body(thread, block): a block owns what it writes
//   symmetric_rounds(threads, blocks, body);                body(thread, i, j), i <= j: every tile of the upper
//        triangle once
//   rectangular_rounds(threads, row_blocks, column_blocks, body);   body(thread, i, j): every tile once
//
// In both kinds of rounds body may write the rows of i and those of j, and statistics of either: within a round no
// block occurs twice, and rounds follow each other behind a barrier. thread is in [0, threads): use it to pick scratch,
// never to pick results. body must not throw. Keep the work of a body above ~50 us: a barrier costs a few.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>

#include "gram/items.h"

namespace gramian {

// items [0, count) in blocks of size, the last one ragged.
class Blocks {
 public:
  Blocks(int64_t items, int64_t size) : items_(items), size_(size), count_((items + size - 1) / size) {}
  int64_t count() const { return count_; }
  int64_t size() const { return size_; }
  Range operator[](int64_t block) const {
    return {block * size_, std::min(size_, items_ - block * size_)};
  }

 private:
  int64_t items_;
  int64_t size_;
  int64_t count_;
};

template <typename Body>
void for_each_block(int threads, const Blocks& blocks, Body&& body) {
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
  for (int64_t block = 0; block < blocks.count(); ++block) body(omp_get_thread_num(), blocks[block]);
}

// The circle method of round-robin tournaments: seat `seats - 1` stays, the others move on by one each round, and
// opposite seats meet. With an odd number of blocks one seat is empty. Round -1 is the diagonal, where a block meets
// itself.
template <typename Body>
void symmetric_rounds(int threads, const Blocks& blocks, Body&& body) {
  const int64_t count = blocks.count();
  const int64_t seats = count + count % 2;
#pragma omp parallel num_threads(threads)
  {
    const int thread = omp_get_thread_num();
#pragma omp for schedule(dynamic, 1)
    for (int64_t i = 0; i < count; ++i) body(thread, blocks[i], blocks[i]);
    for (int64_t round = 0; round < seats - 1; ++round) {
#pragma omp for schedule(dynamic, 1)
      for (int64_t k = 0; k < seats / 2; ++k) {
        const int64_t one = k == 0 ? seats - 1 : (round + k) % (seats - 1);
        const int64_t other = k == 0 ? round : (round - k + seats - 1) % (seats - 1);
        if (std::max(one, other) < count) body(thread, blocks[std::min(one, other)], blocks[std::max(one, other)]);
      }
    }
  }
}

// A cyclic Latin square: in round r, block k of the shorter side meets block k + r of the longer one.
template <typename Body>
void rectangular_rounds(int threads, const Blocks& rows, const Blocks& columns, Body&& body) {
  const bool tall = rows.count() > columns.count();
  const int64_t longer = std::max(rows.count(), columns.count());
  const int64_t shorter = std::min(rows.count(), columns.count());
  if (shorter == 0) return;
#pragma omp parallel num_threads(threads)
  {
    const int thread = omp_get_thread_num();
    for (int64_t round = 0; round < longer; ++round) {
#pragma omp for schedule(dynamic, 1)
      for (int64_t k = 0; k < shorter; ++k) {
        const int64_t other = (k + round) % longer;
        body(thread, rows[tall ? other : k], columns[tall ? k : other]);
      }
    }
  }
}

}  // namespace gramian
