// The threads of one block, run one at a time by the executor, and where they wait for each other.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "simt/fiber.h"

namespace simt {

struct Index3 {
  unsigned x, y, z;
};

// A place in the source of a kernel.
struct Site {
  const char* file;
  int line;
};

class Block;
class SharedArray;
struct Thread;

// What a kernel did wrong: one sentence with kernel, block and thread.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A copy that was started by cp.async and is not there yet.
struct AsyncCopy {
  SharedArray* target;
  int64_t offset;  // bytes
  unsigned group;
  unsigned char bytes[16];
};

enum class State : uint8_t { ready, barrier, meeting, done };

// Runs when the last lane of a mask has arrived; lanes not in the mask are null.
using Complete = void (*)(Thread* const lanes[32], unsigned mask);

struct Thread {
  Block* block = nullptr;
  Index3 index = {};
  unsigned number = 0;  // x + y * blockDim.x + z * blockDim.x * blockDim.y
  State state = State::done;
  Site site = {};  // where it waits
  Fiber fiber;

  // a meeting of lanes of one warp
  const char* operation = nullptr;
  Complete complete = nullptr;
  unsigned mask = 0;
  void* payload = nullptr;

  unsigned warp_syncs = 0;
  std::vector<AsyncCopy> copies;
  unsigned open_group = 0;  // number of the cp.async group that is being filled

  unsigned lane() const { return number % 32; }
  unsigned warp() const { return number / 32; }
};

// __thread, not thread_local: without the function that a thread_local of another file is asked through.
extern __thread Thread* current __attribute__((tls_model("initial-exec")));

// The thread that runs now; only inside a kernel.
inline Thread& self() { return *current; }

// Ends the kernel with a sentence about this thread.
[[noreturn]] void fail(const Thread& thread, const std::string& what);

// __syncthreads.
void barrier(Site site);
// Waits until all lanes of mask are in the same operation; the last one runs complete on the payloads of all.
void meet(unsigned mask, const char* operation, Complete complete, void* payload, Site site);

}  // namespace simt
