#include "simt/block.h"

#include <algorithm>
#include <cstring>

namespace simt {

__thread Thread* current __attribute__((tls_model("initial-exec"))) = nullptr;

namespace {

// The finaliser of splitmix64: neighbouring blocks and seeds get unrelated orders.
uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::string text(Index3 i) {
  return "(" + std::to_string(i.x) + "," + std::to_string(i.y) + "," + std::to_string(i.z) + ")";
}

std::string text(Site site) {
  const char* slash = std::strrchr(site.file, '/');
  return std::string(slash == nullptr ? site.file : slash + 1) + ":" + std::to_string(site.line);
}

bool same(Site a, Site b) { return a.line == b.line && std::strcmp(a.file, b.file) == 0; }

}  // namespace

void fail(const Thread& thread, const std::string& what) {
  throw Failure("kernel " + std::string(thread.block->launch().name) + ", block " + text(thread.block->index()) +
                ", thread " + text(thread.index) + ": " + what);
}

Block::Block(const Launch& launch, Index3 index)
    : launch_(launch), index_(index), threads_(launch.block.x * launch.block.y * launch.block.z),
      random_state_(mix(launch.seed ^ mix(index.x + 65536ull * index.y + (1ull << 40) * index.z))) {
  for (unsigned i = 0; i < threads_.size(); ++i) {
    Thread& thread = threads_[i];
    thread.block = this;
    thread.number = i;
    thread.index = {i % launch.block.x, i / launch.block.x % launch.block.y, i / launch.block.x / launch.block.y};
    order_.push_back(i);
  }
}

uint64_t Block::random() { return random_state_ = mix(random_state_); }

Thread* Block::lane(unsigned warp, unsigned lane) {
  const size_t number = 32 * static_cast<size_t>(warp) + lane;
  return number < threads_.size() ? &threads_[number] : nullptr;
}

unsigned Block::lanes(unsigned warp) const {
  const size_t rest = threads_.size() - 32 * static_cast<size_t>(warp);
  return rest < 32 ? (1u << rest) - 1 : ~0u;
}

SharedArray& Block::shared_array(unsigned i, size_t unit, int64_t count) {
  if (i == arrays_.size()) {
    arrays_.emplace_back(i, unit, count);
    // as tile/shared.h places them: each at a multiple of 16 bytes
    shared_bytes_ += (arrays_.back().bytes() + 15) / 16 * 16;
    if (shared_bytes_ > launch_.shared_bytes) {
      fail(self(), "takes " + std::to_string(shared_bytes_) + " bytes of shared memory, launched with " +
                       std::to_string(launch_.shared_bytes));
    }
  }
  SharedArray& array = arrays_.at(i);
  if (array.unit() != unit || array.bytes() != unit * static_cast<size_t>(count)) {
    fail(self(), "takes shared array " + std::to_string(i) + " with another size than the threads before it");
  }
  return array;
}

void Block::enter(void* argument) {
  Thread& thread = *static_cast<Thread*>(argument);
  try {
    thread.block->launch_.body();
  } catch (...) {
    thread.block->failure_ = std::current_exception();
  }
  thread.state = State::done;
  thread.fiber.leave();
}

void Block::execute(Thread& thread) {
  current = &thread;
  thread.fiber.resume();
  current = nullptr;
  if (thread.state == State::done) --live_;
}

bool Block::run_round() {
  for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random() % i]);
  bool ran = false;
  for (const unsigned i : order_) {
    if (threads_[i].state != State::ready) continue;
    ran = true;
    execute(threads_[i]);
    if (failure_) std::rethrow_exception(failure_);
  }
  return ran;
}

void Block::run(Stacks& stacks) {
  stacks.reserve(threads_.size());
  live_ = static_cast<unsigned>(threads_.size());
  for (Thread& thread : threads_) {
    thread.state = State::ready;
    thread.fiber.start(stacks.bottom(thread.number), enter, &thread);
  }
  while (live_ > 0) {
    if (!run_round()) open_barrier();
  }
}

void Block::diagnose_meeting(const Thread& thread) {
  for (unsigned l = 0; l < 32; ++l) {
    const Thread* other = (thread.mask >> l & 1) == 0 ? nullptr : lane(thread.warp(), l);
    if (other == nullptr || other == &thread) continue;
    const std::string start = std::string(thread.operation) + " at " + text(thread.site) + " waits for lane " +
                              std::to_string(l) + " of its mask, which ";
    if (other->state == State::done) fail(thread, start + "has left the kernel");
    if (other->state == State::barrier) fail(thread, start + "waits at __syncthreads, " + text(other->site));
    if (other->complete != thread.complete || other->mask != thread.mask) {
      fail(thread, start + "is in " + other->operation + " at " + text(other->site) + ", another mask or operation");
    }
  }
  fail(thread, std::string(thread.operation) + " at " + text(thread.site) + " never completes");
}

// Nobody is ready: either all wait at one barrier, or somebody waits in vain.
void Block::open_barrier() {
  const Thread* first = nullptr;
  for (const Thread& thread : threads_) {
    if (thread.state == State::meeting) diagnose_meeting(thread);
    if (thread.state == State::barrier && first == nullptr) first = &thread;
  }
  for (const Thread& thread : threads_) {
    if (thread.state != State::done && same(thread.site, first->site)) continue;
    fail(*first, "waits at __syncthreads, " + text(first->site) + ", but thread " + text(thread.index) +
                     (thread.state == State::done ? " has left the kernel"
                                                  : " waits at another one, " + text(thread.site)));
  }
  ++epoch_;
  for (Thread& thread : threads_) thread.state = State::ready;
}

void barrier(Site site) {
  Thread& thread = self();
  thread.site = site;
  thread.state = State::barrier;
  thread.fiber.suspend();
}

void meet(unsigned mask, const char* operation, Complete complete, void* payload, Site site) {
  Thread& thread = self();
  const auto name = [&] { return std::string(operation) + " at " + text(site); };
  if ((mask >> thread.lane() & 1) == 0) fail(thread, name() + ": the calling lane is not in its own mask");
  const unsigned missing = mask & ~thread.block->lanes(thread.warp());
  if (missing != 0) {
    fail(thread, name() + ": the mask names lane " + std::to_string(__builtin_ctz(missing)) + ", which is missing");
  }
  thread.operation = operation;
  thread.complete = complete;
  thread.mask = mask;
  thread.payload = payload;
  thread.site = site;
  Thread* lanes[32] = {};
  for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
    const unsigned l = static_cast<unsigned>(__builtin_ctz(rest));
    lanes[l] = thread.block->lane(thread.warp(), l);
    if (lanes[l] == &thread) continue;
    if (lanes[l]->state != State::meeting || lanes[l]->complete != complete || lanes[l]->mask != mask) {
      thread.state = State::meeting;
      thread.fiber.suspend();
      return;
    }
  }
  complete(lanes, mask);
  for (Thread* lane : lanes) {
    if (lane != nullptr) lane->state = State::ready;
  }
}

}  // namespace simt
