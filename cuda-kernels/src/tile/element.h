// What activations are stored as: float, or bfloat16 in a uint16_t, the upper half of a float. Kernels compute in
// float32 either way: reading bfloat16 is exact, storing rounds once, to nearest even.
#pragma once

#include "tile/ptx.h"

namespace gramian {
namespace tile {

__device__ __forceinline__ float widened(float x) { return x; }
__device__ __forceinline__ float widened(uint16_t bits) { return __uint_as_float(static_cast<uint32_t>(bits) << 16); }

__device__ __forceinline__ void put(float* p, float x) { *p = x; }
__device__ __forceinline__ void put(uint16_t* p, float x) { *p = static_cast<uint16_t>(pack_bf16(x, 0.0f)); }

// Four neighbours at a border of four elements, in one access of 16 or 8 bytes.
__device__ __forceinline__ float4 get4(const float* p) { return *reinterpret_cast<const float4*>(p); }
__device__ __forceinline__ float4 get4(const uint16_t* p) {
  const uint2 bits = *reinterpret_cast<const uint2*>(p);
  return make_float4(__uint_as_float(bits.x << 16), __uint_as_float(bits.x & 0xffff0000u),
      __uint_as_float(bits.y << 16), __uint_as_float(bits.y & 0xffff0000u));
}

__device__ __forceinline__ void put4(float* p, const float4& x) { *reinterpret_cast<float4*>(p) = x; }
__device__ __forceinline__ void put4(uint16_t* p, const float4& x) {
  *reinterpret_cast<uint2*>(p) = make_uint2(pack_bf16(x.x, x.y), pack_bf16(x.z, x.w));
}

// Two neighbours, the second only if it is there: one access where bfloat16 lie at a border of both.
__device__ __forceinline__ void put2(float* p, float x, float y, bool both) {
  p[0] = x;
  if (both) p[1] = y;
}
__device__ __forceinline__ void put2(uint16_t* p, float x, float y, bool both) {
  const uint32_t pair = pack_bf16(x, y);
  if (both && reinterpret_cast<uintptr_t>(p) % 4 == 0) {
    *reinterpret_cast<uint32_t*>(p) = pair;
    return;
  }
  p[0] = static_cast<uint16_t>(pair);
  if (both) p[1] = static_cast<uint16_t>(pair >> 16);
}

}  // namespace tile
}  // namespace gramian
