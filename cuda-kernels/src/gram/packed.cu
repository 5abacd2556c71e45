#include "gram/packed.h"

#include "tile/element.h"
#include "tile/load.h"

namespace gramian {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kMostBlocks = 4096;

Grid elementwise(const char* name, int64_t count) {
  const int64_t blocks = (count + kThreads - 1) / kThreads;
  return {name, static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks), kThreads};
}

__device__ __forceinline__ uint4 in_16_bytes(tile::Bfloat16, const float (&x)[8]) {
  return make_uint4(tile::pack_bf16(x[0], x[1]), tile::pack_bf16(x[2], x[3]), tile::pack_bf16(x[4], x[5]),
      tile::pack_bf16(x[6], x[7]));
}

template <typename Mode>
__device__ __forceinline__ uint4 in_16_bytes(Mode, const float (&x)[4]) {
  return make_uint4(__float_as_uint(tile::rounded<Mode>(x[0])), __float_as_uint(tile::rounded<Mode>(x[1])),
      __float_as_uint(tile::rounded<Mode>(x[2])), __float_as_uint(tile::rounded<Mode>(x[3])));
}

// target (count, groups of 16 bytes); a thread and stride makes one group. kWhole: d fills the groups and x is aligned,
// so that both sides are read and written in 16 bytes.
template <typename Mode, bool kWhole, typename Source>
__global__ void __launch_bounds__(kThreads)
    pack_rows_kernel(int64_t count, int64_t d, const Source* __restrict__ x, int64_t groups,
        uint4* __restrict__ target) {
  constexpr int kWide = tile::kElementsIn16Bytes<Mode>;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < count * groups; i += stride) {
    float values[kWide];
    if constexpr (kWhole) {
#pragma unroll
      for (int k = 0; k < kWide; k += 4) {
        const float4 four = tile::get4(x + i * kWide + k);
        values[k] = four.x;
        values[k + 1] = four.y;
        values[k + 2] = four.z;
        values[k + 3] = four.w;
      }
    } else {
      const int64_t column = i % groups * kWide;
      const Source* source = x + i / groups * d + column;
#pragma unroll
      for (int k = 0; k < kWide; ++k) values[k] = column + k < d ? tile::widened(source[k]) : 0.0f;
    }
    target[i] = in_16_bytes(Mode(), values);
  }
}

template <typename Element>
__global__ void __launch_bounds__(kThreads) add_splits_kernel(
    int splits, int64_t size, const float* __restrict__ partial, float alpha, float beta, Element* __restrict__ c) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < size; i += stride) {
    float sum = 0;
    for (int s = 0; s < splits; ++s) sum += partial[s * size + i];
    tile::put(c + i, beta == 0 ? alpha * sum : alpha * sum + beta * tile::widened(c[i]));
  }
}

}  // namespace

template <typename Mode, typename Source>
Operand<Mode> pack_rows(gramian_context* context, int64_t count, int64_t d, const Source* x) {
  using Element = typename Mode::Element;
  const int64_t width = packed_width<Mode>(d);
  const bool whole = width == d && reinterpret_cast<uintptr_t>(x) % 16 == 0;
  // what comes in TF32's element type, float, still has to be rounded
  if constexpr (std::is_same_v<Source, Element> && !std::is_same_v<Mode, tile::Tf32>) {
    if (whole) return {x, count, width};
  }
  Element* target = context->scratch<Element>(count * width);
  const int64_t groups = width / tile::kElementsIn16Bytes<Mode>;
  launch(context->stream, elementwise("pack_rows", count * groups),
      whole ? pack_rows_kernel<Mode, true, Source> : pack_rows_kernel<Mode, false, Source>, count, d, x, groups,
      reinterpret_cast<uint4*>(target));
  return {target, count, width};
}

template <typename Element>
void add_splits(gramian_context* context, const char* name, int splits, int64_t size, const float* partial,
    float alpha, float beta, Element* c) {
  launch(context->stream, elementwise(name, size), add_splits_kernel<Element>, splits, size, partial, alpha, beta, c);
}

template void add_splits<float>(gramian_context*, const char*, int, int64_t, const float*, float, float, float*);
template void add_splits<uint16_t>(gramian_context*, const char*, int, int64_t, const float*, float, float, uint16_t*);

#define GRAMIAN_PACKED(Mode, Source) \
  template Operand<Mode> pack_rows<Mode>(gramian_context*, int64_t, int64_t, const Source*);
GRAMIAN_PACKED(tile::Float32, float)
GRAMIAN_PACKED(tile::Tf32, float)
GRAMIAN_PACKED(tile::Bfloat16, float)
GRAMIAN_PACKED(tile::Bfloat16, uint16_t)

}  // namespace gramian
