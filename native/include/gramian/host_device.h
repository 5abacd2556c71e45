// Marks the inline functions that both the CPU and the CUDA kernels include.
#pragma once

#ifdef __CUDACC__
#define GRAMIAN_HOST_DEVICE static __host__ __device__ __forceinline__
#define GRAMIAN_METHOD __host__ __device__ __forceinline__
#else
#define GRAMIAN_HOST_DEVICE static inline
#define GRAMIAN_METHOD inline
#endif
