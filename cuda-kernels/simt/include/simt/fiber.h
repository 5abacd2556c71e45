// A function that runs on a stack of its own and can be left and entered again: one CUDA thread of the executor.
#pragma once

#include <cstddef>

namespace simt {

// Stacks of equal size, each with an unreadable page below it, so that an overflow stops instead of corrupting.
class Stacks {
 public:
  Stacks() = default;
  ~Stacks();
  Stacks(const Stacks&) = delete;
  Stacks& operator=(const Stacks&) = delete;
  // Makes room for count stacks; throws bad_alloc. No stack may be in use.
  void reserve(size_t count);
  // Lowest address of stack i.
  char* bottom(size_t i) const;
  static size_t bytes();

 private:
  char* memory_ = nullptr;
  size_t count_ = 0;
};

class Fiber {
 public:
  using Body = void (*)(void* argument);
  // Prepares a run of body(argument) on a stack; whatever ran on that stack before is forgotten. The body ends by
  // calling leave(), never by returning.
  void start(char* bottom, Body body, void* argument);
  // From outside: runs the fiber until it suspends or leaves.
  void resume();
  // From inside: back to resume().
  void suspend();
  // From inside, as the last act.
  void leave();

 private:
  static void enter();
  void arrive();

  void* top_ = nullptr;       // saved stack pointer of the fiber
  void* outside_ = nullptr;   // saved stack pointer of whoever resumed it
  char* bottom_ = nullptr;
  Body body_ = nullptr;
  void* argument_ = nullptr;
  // what AddressSanitizer wants to know about both stacks
  void* fake_stack_ = nullptr;
  const void* outside_bottom_ = nullptr;
  size_t outside_bytes_ = 0;
};

}  // namespace simt
