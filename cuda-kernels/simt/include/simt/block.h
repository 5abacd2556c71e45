// One block: its threads, its shared memory, and the order in which they run.
//
// Every thread runs until it waits. Then another ready one runs; the order is shuffled anew in each round by a
// generator that the launch's seed and the block's index start, so that a run can be repeated and another seed gives
// another order. A barrier opens when all threads wait at the same one. When nobody can run, the block has failed: a
// thread left the kernel, waits at another barrier, or for a lane that does not come.
#pragma once

#include <deque>
#include <exception>
#include <functional>

#include "simt/shared.h"
#include "simt/thread.h"

namespace simt {

struct Launch {
  const char* name = "";
  Index3 grid = {1, 1, 1};
  Index3 block = {1, 1, 1};
  size_t shared_bytes = 0;
  uint64_t seed = 0;
  std::function<void()> body;  // the kernel with its arguments, for the current thread
};

class Block {
 public:
  Block(const Launch& launch, Index3 index);
  // Runs all threads to their end. Throws Failure, or what the kernel threw.
  void run(Stacks& stacks);

  const Launch& launch() const { return launch_; }
  Index3 index() const { return index_; }
  unsigned epoch() const { return epoch_; }
  // The i-th shared array, made by the first thread that asks; all must ask alike.
  SharedArray& shared_array(unsigned i, size_t unit, int64_t count);
  Thread* lane(unsigned warp, unsigned lane);
  // One bit for each lane that a warp has.
  unsigned lanes(unsigned warp) const;

 private:
  friend void barrier(Site site);
  static void enter(void* thread);
  void execute(Thread& thread);
  bool run_round();
  void open_barrier();
  [[noreturn]] void diagnose_meeting(const Thread& thread);
  uint64_t random();

  const Launch& launch_;
  const Index3 index_;
  std::vector<Thread> threads_;
  std::vector<unsigned> order_;
  std::deque<SharedArray> arrays_;
  size_t shared_bytes_ = 0;
  unsigned epoch_ = 1;
  uint64_t random_state_;
  unsigned live_ = 0;
  std::exception_ptr failure_;
};

// Runs all blocks, several at a time, in shuffled order; throws the failure of the first block that failed.
void run(const Launch& launch);

}  // namespace simt
