#include "gramian/blas.h"
#include "gramian/solver.h"

#include <cblas.h>
#include <omp.h>
#include <sched.h>

#include <cstring>
#include <memory>

#include "core/context.h"
#include "core/memory.h"
#include "core/simd.h"
#include "core/status.h"

namespace gramian {
namespace {

int usable_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return omp_get_num_procs();
  return CPU_COUNT(&set);
}

// Of OpenBLAS, before the first context.
int threads_before_us() {
  static const int threads = openblas_get_num_threads();
  return threads;
}

}  // namespace
}  // namespace gramian

gramian_status gramian_context_create(int32_t /*device*/, int32_t threads, int64_t /*stream*/, int64_t* context) {
  return gramian::guarded([&] {
    auto created = std::make_unique<gramian_context>();
    created->threads = threads > 0 ? threads : gramian::usable_cores();
    // Our loops split the work; a second pool inside OpenBLAS would fight for the same cores.
    gramian::threads_before_us();
    openblas_set_num_threads(1);
    *context = reinterpret_cast<int64_t>(created.release());
  });
}

int32_t gramian_swap_blas_threads(int32_t threads) {
  const int32_t before = openblas_get_num_threads();
  openblas_set_num_threads(threads > 0 ? threads : gramian::threads_before_us());
  return before;
}

gramian_status gramian_context_destroy(gramian_context* context) {
  delete context;
  return GRAMIAN_OK;
}

gramian_status gramian_context_set_precision(gramian_context* /*context*/, int32_t precision) {
  return gramian::guarded([&] {
    if (precision != GRAMIAN_PRECISION_FLOAT32) {
      GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "the CPU computes Gram products in float32 only; take that precision");
    }
  });
}

gramian_status gramian_context_lend_solver(
    gramian_context* /*context*/, gramian_solve /*solve*/, int64_t /*state*/, int64_t /*from*/) {
  return gramian::guarded(
      [&] { GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "the CPU solves with the LAPACK that it has; lend it no solver"); });
}

int64_t gramian_context_scratch_bytes(const gramian_context* context) { return context->scratch_bytes(); }

int32_t gramian_context_threads(const gramian_context* context) { return context->threads; }

gramian_status gramian_allocate(gramian_context* /*context*/, int64_t bytes, int64_t* address) {
  return gramian::guarded([&] {
    *address = 0;
    if (bytes < 0) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "negative size " + std::to_string(bytes));
    void* memory = gramian::aligned_allocate(static_cast<size_t>(bytes));
    if (memory == nullptr) {
      GRAMIAN_FAIL(GRAMIAN_OUT_OF_MEMORY, "could not allocate " + std::to_string(bytes) + " bytes");
    }
    *address = reinterpret_cast<int64_t>(memory);
  });
}

gramian_status gramian_free(gramian_context* /*context*/, int64_t /*bytes*/, int64_t address) {
  gramian::aligned_free(reinterpret_cast<void*>(address));
  return GRAMIAN_OK;
}

gramian_status gramian_memory_trim(gramian_context* /*context*/) { return GRAMIAN_OK; }

gramian_status gramian_memory_limit(gramian_context* /*context*/, int64_t bytes) {
  return gramian::guarded([&] {
    if (bytes != 0) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "the memory of the CPU has no limit of its own");
  });
}

gramian_status gramian_memory_statistics(gramian_context* /*context*/, int64_t* numbers) {
  std::memset(numbers, 0, 5 * sizeof(int64_t));
  return GRAMIAN_OK;
}

gramian_status gramian_copy(gramian_context* /*context*/, const void* source, void* target, int64_t bytes) {
  if (bytes > 0) std::memcpy(target, source, static_cast<size_t>(bytes));
  return GRAMIAN_OK;
}

gramian_status gramian_fill(gramian_context* /*context*/, int64_t count, float value, float* target) {
  for (int64_t i = 0; i < count; ++i) target[i] = value;
  return GRAMIAN_OK;
}

const char* gramian_instruction_set(void) {
  switch (gramian::instruction_set()) {
    case gramian::InstructionSet::avx512:
      return "avx512";
    case gramian::InstructionSet::avx2:
      return "avx2";
    default:
      return "plain";
  }
}

const char* gramian_blas_core(void) { return openblas_get_corename(); }
