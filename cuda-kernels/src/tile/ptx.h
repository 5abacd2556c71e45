// The instructions that CUDA C++ has no word for. PTX stands in this file and nowhere else; without nvcc the same
// functions come from the SIMT executor. Layouts of the fragments: simt/tensor_core.h.
#pragma once

#include <cstdint>

#include "tile/shared.h"

#ifndef __CUDACC__
#include "simt/tensor_core.h"
#endif

namespace gramian {
namespace tile {

#ifdef __CUDACC__

__device__ __forceinline__ uint32_t shared_address(const void* p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

// Two neighbouring columns as bf16, nearest even: x in the low half.
__device__ __forceinline__ uint32_t pack_bf16(float x, float y) {
  uint32_t pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(y), "f"(x));
  return pair;
}

// Nearest TF32, ties away from zero.
__device__ __forceinline__ uint32_t to_tf32(float x) {
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
}

__device__ __forceinline__ void mma_bf16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

__device__ __forceinline__ void mma_tf32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// Four 8x8 matrices of 16-bit elements; lane l gives row l % 8 of matrix l / 8, 16-byte aligned.
__device__ __forceinline__ void load_matrix(uint32_t (&r)[4], Shared<uint16_t> row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
      : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
      : "r"(shared_address(row))
      : "memory");
}

__device__ __forceinline__ void load_matrix_transposed(uint32_t (&r)[4], Shared<uint16_t> row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
      : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
      : "r"(shared_address(row))
      : "memory");
}

// Starts a copy of 16 bytes, both sides 16-byte aligned; zeros instead when not inside, and source is not read.
template <typename T>
__device__ __forceinline__ void copy_async(Shared<T> target, const T* source, bool inside) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(target)), "l"(source),
      "r"(inside ? 16 : 0)
      : "memory");
}

// Closes the group of the copies started since the last call.
__device__ __forceinline__ void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Until at most kPending of the newest groups of this thread are on their way. Others see the data after a barrier.
template <int kPending>
__device__ __forceinline__ void wait_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

#else

inline uint32_t pack_bf16(float x, float y) {
  return simt::to_bf16(x) | static_cast<uint32_t>(simt::to_bf16(y)) << 16;
}

inline uint32_t to_tf32(float x) { return __float_as_uint(simt::to_tf32(x)); }

inline void mma_bf16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  simt::mma_bf16(d, a, b, {__FILE__, __LINE__});
}

inline void mma_tf32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  simt::mma_tf32(d, a, b, {__FILE__, __LINE__});
}

inline void load_matrix(uint32_t (&r)[4], Shared<uint16_t> row) {
  simt::load_matrix(r, row, false, {__FILE__, __LINE__});
}

inline void load_matrix_transposed(uint32_t (&r)[4], Shared<uint16_t> row) {
  simt::load_matrix(r, row, true, {__FILE__, __LINE__});
}

template <typename T>
void copy_async(Shared<T> target, const T* source, bool inside) {
  simt::copy_async(target.array(), target.offset(), source, inside);
}

inline void commit_copies() { simt::commit_copies(); }

template <int kPending>
void wait_copies() {
  simt::wait_copies(kPending);
}

#endif

}  // namespace tile
}  // namespace gramian
