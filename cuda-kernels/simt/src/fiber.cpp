#include "simt/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#ifndef __x86_64__
#error "the switch of stacks below is written for x86-64"
#endif

// Saves the registers that a call must keep and the stack pointer at *from, continues where `to` was saved.
extern "C" void gramian_simt_switch(void** from, void* to);
asm(R"(
.text
.hidden gramian_simt_switch
.globl gramian_simt_switch
.type gramian_simt_switch, @function
gramian_simt_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size gramian_simt_switch, .-gramian_simt_switch
)");

namespace simt {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr size_t kStackBytes = 256 * 1024;  // red zones make frames several times larger
#else
constexpr size_t kStackBytes = 128 * 1024;  // kernels have parameters of up to 32 KiB
#endif

thread_local Fiber* starting = nullptr;

size_t page() {
  static const size_t bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

}  // namespace

size_t Stacks::bytes() { return kStackBytes; }

char* Stacks::bottom(size_t i) const { return memory_ + i * (kStackBytes + page()) + page(); }

Stacks::~Stacks() {
  if (memory_ != nullptr) munmap(memory_, count_ * (kStackBytes + page()));
}

void Stacks::reserve(size_t count) {
  if (count <= count_) return;
  if (memory_ != nullptr) munmap(memory_, count_ * (kStackBytes + page()));
  memory_ = nullptr;
  count_ = 0;
  void* memory = mmap(nullptr, count * (kStackBytes + page()), PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<char*>(memory);
  count_ = count;
  for (size_t i = 0; i < count; ++i) mprotect(bottom(i) - page(), page(), PROT_NONE);
}

void Fiber::start(char* bottom, Body body, void* argument) {
  bottom_ = bottom;
  body_ = body;
  argument_ = argument;
  fake_stack_ = nullptr;
#ifdef __SANITIZE_ADDRESS__
  __asan_unpoison_memory_region(bottom, kStackBytes);
#endif
  // What the switch pops: six registers, the address of enter(), and above it 0, where a stack trace ends. At the
  // first instruction of a function the stack pointer is 8 below a multiple of 16.
  // Stacks are whole pages apart: without the lines left free above, all would lie in the same sets of a cache.
  const size_t free_lines = reinterpret_cast<uintptr_t>(bottom) / 4096 % 64;
  uintptr_t* top = reinterpret_cast<uintptr_t*>(bottom + kStackBytes - 64 * free_lines) - 3;
  top[0] = 0;
  *--top = reinterpret_cast<uintptr_t>(&Fiber::enter);
  for (int i = 0; i < 6; ++i) *--top = 0;
  top_ = top;
}

void Fiber::resume() {
  starting = this;
#ifdef __SANITIZE_ADDRESS__
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(&fake, bottom_, kStackBytes);
  gramian_simt_switch(&outside_, top_);
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#else
  gramian_simt_switch(&outside_, top_);
#endif
}

void Fiber::arrive() {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(fake_stack_, &outside_bottom_, &outside_bytes_);
#endif
}

void Fiber::enter() {
  Fiber* fiber = starting;
  fiber->arrive();
  fiber->body_(fiber->argument_);
}

void Fiber::suspend() {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(&fake_stack_, outside_bottom_, outside_bytes_);
#endif
  gramian_simt_switch(&top_, outside_);
  arrive();
}

void Fiber::leave() {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(nullptr, outside_bottom_, outside_bytes_);
#endif
  gramian_simt_switch(&top_, outside_);
}

}  // namespace simt
