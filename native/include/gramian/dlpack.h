// Tensors of other libraries of this process, by the DLPack protocol (dmlc.github.io/dlpack): read, deleted and made.
//
// A DLManagedTensor is passed as its address; versioned (0 or 1) says whether it is a DLManagedTensorVersioned, which
// is laid out differently. No function here needs a context, and all may be called from any thread.
#ifndef GRAMIAN_DLPACK_H
#define GRAMIAN_DLPACK_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

// The most dimensions that are read and made.
#define GRAMIAN_DLPACK_DIMENSIONS 8
// Numbers that gramian_dlpack_read writes: 12, then sizes and strides.
#define GRAMIAN_DLPACK_NUMBERS 28

// Called once, from any thread, when the owner of an exported tensor deletes it.
typedef void (*gramian_released)(int64_t state);

/**
 * numbers (28): address of the data, device type and number, dimensions, code, bits and lanes of an element, byte
 * offset, flags, major and minor version (0 without), whether there are strides, 8 sizes, 8 strides in elements; unused
 * ones are 0. Invalid argument for a null address, a major version other than 1 (nothing beyond the version is read
 * then), more than 8 dimensions, or missing sizes.
 */
GRAMIAN_EXPORT gramian_status gramian_dlpack_read(int64_t managed, int32_t versioned, int64_t* numbers);
/** Calls the deleter of a tensor, if it has one. What it points to is gone then. */
GRAMIAN_EXPORT gramian_status gramian_dlpack_delete(int64_t managed, int32_t versioned);
/**
 * Makes a managed tensor over memory of the caller, row-major. Its deleter calls released with state, then frees what
 * was made here, not the memory.
 *
 * device_type, device: 1 and 0 for the CPU, 2 and its number for CUDA. code, bits: 2 and 32 for float32; one lane.
 * sizes (dimensions). *managed: the address, 0 unless all went well.
 */
GRAMIAN_EXPORT gramian_status gramian_dlpack_make(int64_t data, int32_t device_type, int32_t device, int32_t code,
    int32_t bits, int32_t dimensions, const int64_t* sizes, int32_t versioned, gramian_released released, int64_t state,
    int64_t* managed);

GRAMIAN_EXTERN_C_END

#endif
