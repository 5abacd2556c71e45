// What libgramian_cuda knows about the devices of this machine. Needs no driver: the CUDA runtime is linked statically.
#ifndef GRAMIAN_DEVICE_H
#define GRAMIAN_DEVICE_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

/** Number of CUDA devices; 0 where there is none, with the reason in gramian_cuda_reason. */
GRAMIAN_EXPORT int32_t gramian_cuda_device_count(void);
/** Why the last call on this thread found no device, or could not use one, in words; empty after none. */
GRAMIAN_EXPORT const char* gramian_cuda_reason(void);
/** CUDA version that the driver supports as 1000 major + 10 minor; 0 without a driver. */
GRAMIAN_EXPORT int32_t gramian_cuda_driver_version(void);
/** CUDA version of the runtime in this library, in the same form. */
GRAMIAN_EXPORT int32_t gramian_cuda_runtime_version(void);
/** Name of a device; empty when it cannot be asked. */
GRAMIAN_EXPORT const char* gramian_cuda_device_name(int32_t device);
/** Compute capability as 10 major + minor; 0 when it cannot be asked. */
GRAMIAN_EXPORT int32_t gramian_cuda_device_capability(int32_t device);
/** Bytes of memory in total; 0 when it cannot be asked. */
GRAMIAN_EXPORT int64_t gramian_cuda_device_memory(int32_t device);
/** Bytes of memory that are free now; 0 when it cannot be asked. Makes a context on the device. */
GRAMIAN_EXPORT int64_t gramian_cuda_device_free_memory(int32_t device);
/** Runs a small kernel of this library on the device and compares what it wrote; not OK with the reason in words. */
GRAMIAN_EXPORT gramian_status gramian_cuda_device_check(int32_t device);

GRAMIAN_EXTERN_C_END

#endif
