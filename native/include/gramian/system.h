// Conventions of the C ABI, status codes, contexts and memory.
//
// Matrices are contiguous, row-major, float32; sizes are int64_t; pointers are addresses on the library's device.
// Every operation takes a context first, returns a status, and never exits, aborts or throws. Arguments are checked by
// the caller (the Java API does); what stands here assumes valid shapes, but copes with zero rows, NaN and infinities.
#ifndef GRAMIAN_SYSTEM_H
#define GRAMIAN_SYSTEM_H

#include <stdint.h>

#ifdef __cplusplus
#define GRAMIAN_EXTERN_C_BEGIN extern "C" {
#define GRAMIAN_EXTERN_C_END }
#else
#define GRAMIAN_EXTERN_C_BEGIN
#define GRAMIAN_EXTERN_C_END
#endif
#define GRAMIAN_EXPORT __attribute__((visibility("default")))

GRAMIAN_EXTERN_C_BEGIN

// Scratch memory, thread count and (on CUDA) the stream of a sequence of calls. One thread at a time.
typedef struct gramian_context gramian_context;
typedef int gramian_status;
// Arrays of matrix addresses, for operations over several views.
typedef const float* gramian_input;
typedef float* gramian_output;

// Everything went well.
#define GRAMIAN_OK 0
// An argument that the caller should have refused.
#define GRAMIAN_INVALID_ARGUMENT 1
// Memory could not be had.
#define GRAMIAN_OUT_OF_MEMORY 2
// A pivot of a Cholesky factorisation was not positive (NaN included).
#define GRAMIAN_NOT_POSITIVE_DEFINITE 3
// A vendor library reported an error.
#define GRAMIAN_VENDOR_ERROR 4
// Anything else.
#define GRAMIAN_INTERNAL_ERROR 5
// A device failed so that no call of this process on it can succeed any more.
#define GRAMIAN_DEVICE_LOST 6

// Operands of the Gram products as they are; the only one that the CPU has.
#define GRAMIAN_PRECISION_FLOAT32 0
// Operands rounded to TF32 (10 bits of mantissa), sums in float32: tensor cores.
#define GRAMIAN_PRECISION_TF32 1
// Operands rounded to bfloat16 (7 bits of mantissa), sums in float32: tensor cores.
#define GRAMIAN_PRECISION_BFLOAT16 2

/** Message of the last failure on this thread, with file and line; empty after none. */
GRAMIAN_EXPORT const char* gramian_last_error(void);
/**
 * Creates a context on a device with the given number of threads (0: one per core that this process may use) and stream
 * (0: one of its own). The CPU is device 0 and has no streams; on CUDA there are no threads to choose. A call with a
 * context makes its device current for the calling thread.
 */
GRAMIAN_EXPORT gramian_status gramian_context_create(
    int32_t device, int32_t threads, int64_t stream, int64_t* context);
/** Waits for what the context was given to do, and frees it with its scratch memory. */
GRAMIAN_EXPORT gramian_status gramian_context_destroy(gramian_context* context);
/** Operand precision of the Gram products of this context, one of GRAMIAN_PRECISION_*; float32 at first. */
GRAMIAN_EXPORT gramian_status gramian_context_set_precision(gramian_context* context, int32_t precision);
/** Bytes of scratch memory that the context holds. */
GRAMIAN_EXPORT int64_t gramian_context_scratch_bytes(const gramian_context* context);
/** Threads that the context uses. */
GRAMIAN_EXPORT int32_t gramian_context_threads(const gramian_context* context);
/**
 * Allocates memory on the context's device, aligned to 64 bytes, in the order of its stream; *address is 0 and the
 * status out-of-memory when there is none, even after what was freed before was given back.
 */
GRAMIAN_EXPORT gramian_status gramian_allocate(gramian_context* context, int64_t bytes, int64_t* address);
/** Frees what gramian_allocate returned for so many bytes, after all that the context's stream was given before. */
GRAMIAN_EXPORT gramian_status gramian_free(gramian_context* context, int64_t bytes, int64_t address);
/** Gives freed memory of the context's device back to the system; waits for the stream. */
GRAMIAN_EXPORT gramian_status gramian_memory_trim(gramian_context* context);
/** The most bytes, scratch included, that this process may hold on the context's device; 0 for no limit. */
GRAMIAN_EXPORT gramian_status gramian_memory_limit(gramian_context* context, int64_t bytes);
/**
 * numbers (5): bytes allocated on the context's device (scratch included), bytes that its pool has reserved for them,
 * the limit, bytes that the device has free, bytes of the device; 0 where they are not known.
 */
GRAMIAN_EXPORT gramian_status gramian_memory_statistics(gramian_context* context, int64_t* numbers);
/** Copies bytes between non-overlapping regions of the device, in the order of the stream. */
GRAMIAN_EXPORT gramian_status gramian_copy(gramian_context* context, const void* source, void* target, int64_t bytes);
/** Sets count floats to value. */
GRAMIAN_EXPORT gramian_status gramian_fill(gramian_context* context, int64_t count, float value, float* target);
/** Instruction set that the kernels use here: "avx512", "avx2" or "plain". */
GRAMIAN_EXPORT const char* gramian_instruction_set(void);
/** Name of the core that the linear algebra library chose. */
GRAMIAN_EXPORT const char* gramian_blas_core(void);

GRAMIAN_EXTERN_C_END

#endif
