// Maximum and mean over windows of (n,h,w,c), maxima of float or bfloat16. A block has a stretch of one row of pixels
// of what is written, a thread 4 neighbouring channels of one pixel (1 where c is not a multiple of 4). The backward
// passes gather from the windows that hold a pixel, in their order, so that no two threads add to one place. Forward,
// a pixel is read once for each window over it, from the cache but for the first time.
#include "gramian/network.h"

#include <algorithm>
#include <limits>

#include "core/context.h"
#include "gramian/bfloat16.h"
#include "tile/element.h"

namespace gramian {
namespace {

constexpr int kMostThreads = 256;
// 64 registers a thread: four loads at a time without spilling, and half of the threads that a multiprocessor holds.
constexpr int kBlocks = 4;

// Windows over (n,h,w,c), outputs (n,oh,ow,c). Positions in an image are int; where it begins is not.
struct Pooling {
  int64_t n;
  int h, w, c;
  int size_h, size_w, stride, padding;
  int oh, ow;
};

Pooling pooling(int64_t n, int64_t h, int64_t w, int64_t c, int64_t size_h, int64_t size_w, int64_t stride,
    int64_t padding) {
  constexpr int64_t kMost = std::numeric_limits<int>::max() / 2;
  if (n * h > kMost || w * c > kMost || h + 2 * padding > kMost || w + 2 * padding > kMost) {
    GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "more than 2^30 - 1 rows of pixels, or channels in a row");
  }
  const auto narrow = [](int64_t size) { return static_cast<int>(size); };
  return {n, narrow(h), narrow(w), narrow(c), narrow(size_h), narrow(size_w), narrow(std::min(stride, kMost)),
      narrow(padding), narrow((h + 2 * padding - size_h) / stride + 1),
      narrow((w + 2 * padding - size_w) / stride + 1)};
}

// kWide channels of one place: numbers, or the bytes that say where a maximum was.
template <typename T, int kWide>
struct Channels {
  T at[kWide];
};

template <int kWide, typename Element>
__device__ __forceinline__ Channels<float, kWide> load(const Element* p) {
  if constexpr (kWide == 4) {
    const float4 x = tile::get4(p);
    return {{x.x, x.y, x.z, x.w}};
  } else {
    return {{tile::widened(p[0])}};
  }
}

template <int kWide, typename Element>
__device__ __forceinline__ void store(Element* p, const Channels<float, kWide>& x) {
  if constexpr (kWide == 4) {
    tile::put4(p, make_float4(x.at[0], x.at[1], x.at[2], x.at[3]));
  } else {
    tile::put(p, x.at[0]);
  }
}

template <int kWide>
__device__ __forceinline__ Channels<uint8_t, kWide> load_bytes(const uint8_t* p) {
  Channels<uint8_t, kWide> x;
#pragma unroll
  for (int k = 0; k < kWide; ++k) x.at[k] = p[k];
  return x;
}

// The pixel and first channel of this thread in images of (height, width, c); outside behind the end of a row.
struct Place {
  int64_t image;
  int i, j, channel;
  bool inside;

  __device__ __forceinline__ Place(int height, int width, int c, int wide) {
    const int groups = c / wide;
    const int at = static_cast<int>(blockIdx.y * blockDim.x + threadIdx.x);
    const int row = static_cast<int>(blockIdx.x);
    image = row / height;
    i = row % height;
    j = at / groups;
    channel = at % groups * wide;
    inside = j < width;
  }
};

// A row of pixels for each blockIdx.x.
Grid grid(const char* name, int64_t images, int height, int width, int c, int wide) {
  const int64_t groups = static_cast<int64_t>(width) * (c / wide);
  const int64_t threads = std::min<int64_t>(kMostThreads, (groups + 31) / 32 * 32);
  const int64_t parts = threads == 0 ? 0 : (groups + threads - 1) / threads;
  if (parts > 65535) GRAMIAN_FAIL(GRAMIAN_INVALID_ARGUMENT, "more than 2^24 channels in a row of pixels");
  return {name, dim3(static_cast<unsigned>(images * height), static_cast<unsigned>(parts)),
      static_cast<unsigned>(threads)};
}

// Windows first .. end - 1 along one axis hold a place.
struct Windows {
  int first, end;
  __device__ __forceinline__ Windows(int place, int size, int stride, int padding, int count) {
    const int at = place + padding;
    first = at < size ? 0 : (at - size) / stride + 1;
    end = at / stride + 1 < count ? at / stride + 1 : count;
  }
};

// The first of equals wins, the first NaN over all. tap receives the place in the window, row by row.
template <int kWide, typename Element>
__global__ void __launch_bounds__(kMostThreads, kBlocks)
    max_pool(Pooling pool, const Element* __restrict__ x, Element* __restrict__ y, uint8_t* __restrict__ tap) {
  const Place at(pool.oh, pool.ow, pool.c, kWide);
  if (!at.inside) return;
  const int top = at.i * pool.stride - pool.padding;
  const int left = at.j * pool.stride - pool.padding;
  const Element* image = x + at.image * pool.h * pool.w * pool.c + at.channel;
  Channels<float, kWide> most = {};
  Channels<uint8_t, kWide> where = {};
  bool first = true;
  for (int r = 0; r < pool.size_h; ++r) {
    for (int s = 0; s < pool.size_w; ++s) {
      const int i = top + r;
      const int j = left + s;
      if (i < 0 || i >= pool.h || j < 0 || j >= pool.w) continue;
      const Channels<float, kWide> value = load<kWide>(image + (static_cast<int64_t>(i) * pool.w + j) * pool.c);
#pragma unroll
      for (int k = 0; k < kWide; ++k) {
        const float v = value.at[k];
        const bool better = first || v > most.at[k] || (v != v && most.at[k] == most.at[k]);
        most.at[k] = better ? v : most.at[k];
        where.at[k] = better ? static_cast<uint8_t>(r * pool.size_w + s) : where.at[k];
      }
      first = false;
    }
  }
  const int64_t out = ((at.image * pool.oh + at.i) * pool.ow + at.j) * pool.c + at.channel;
  store<kWide>(y + out, most);
#pragma unroll
  for (int k = 0; k < kWide; ++k) tap[out + k] = where.at[k];
}

// dx at one place: what the windows that hold it give, each by add(window's first channel in dy, place in the window).
template <int kWide, typename Element, typename Gather>
__device__ __forceinline__ void gather(const Pooling& pool, Element* dx, Gather add) {
  const Place at(pool.h, pool.w, pool.c, kWide);
  if (!at.inside) return;
  const Windows rows(at.i, pool.size_h, pool.stride, pool.padding, pool.oh);
  const Windows columns(at.j, pool.size_w, pool.stride, pool.padding, pool.ow);
  Channels<float, kWide> sum = {};
  for (int p = rows.first; p < rows.end; ++p) {
    for (int q = columns.first; q < columns.end; ++q) {
      const int r = at.i + pool.padding - p * pool.stride;
      const int s = at.j + pool.padding - q * pool.stride;
      add(sum, ((at.image * pool.oh + p) * pool.ow + q) * pool.c + at.channel, r * pool.size_w + s);
    }
  }
  store<kWide>(dx + ((at.image * pool.h + at.i) * pool.w + at.j) * pool.c + at.channel, sum);
}

template <int kWide, typename Element>
__global__ void __launch_bounds__(kMostThreads, kBlocks) max_pool_backward(
    Pooling pool, const uint8_t* __restrict__ tap, const Element* __restrict__ dy, Element* __restrict__ dx) {
  gather<kWide>(pool, dx, [&](Channels<float, kWide>& sum, int64_t window, int place) {
    const Channels<uint8_t, kWide> where = load_bytes<kWide>(tap + window);
    const Channels<float, kWide> g = load<kWide>(dy + window);
#pragma unroll
    for (int k = 0; k < kWide; ++k) sum.at[k] += where.at[k] == place ? g.at[k] : 0.0f;
  });
}

template <int kWide>
__global__ void __launch_bounds__(kMostThreads, kBlocks)
    average_pool(Pooling pool, float share, const float* __restrict__ x, float* __restrict__ y) {
  const Place at(pool.oh, pool.ow, pool.c, kWide);
  if (!at.inside) return;
  const int64_t corner = (at.image * pool.h + at.i * pool.stride) * pool.w + at.j * pool.stride;
  Channels<float, kWide> sum = {};
  for (int r = 0; r < pool.size_h; ++r) {
    for (int s = 0; s < pool.size_w; ++s) {
      const Channels<float, kWide> value = load<kWide>(x + (corner + r * pool.w + s) * pool.c + at.channel);
#pragma unroll
      for (int k = 0; k < kWide; ++k) sum.at[k] += value.at[k];
    }
  }
#pragma unroll
  for (int k = 0; k < kWide; ++k) sum.at[k] *= share;
  store<kWide>(y + ((at.image * pool.oh + at.i) * pool.ow + at.j) * pool.c + at.channel, sum);
}

template <int kWide>
__global__ void __launch_bounds__(kMostThreads, kBlocks)
    average_pool_backward(Pooling pool, float share, const float* __restrict__ dy, float* __restrict__ dx) {
  gather<kWide>(pool, dx, [&](Channels<float, kWide>& sum, int64_t window, int /*place*/) {
    const Channels<float, kWide> g = load<kWide>(dy + window);
#pragma unroll
    for (int k = 0; k < kWide; ++k) sum.at[k] += g.at[k] * share;
  });
}

// Whether 4 channels of a place lie at a border of 16 bytes in both arrays.
bool wide(const Pooling& pool, const void* a, const void* b) {
  return pool.c % 4 == 0 && (reinterpret_cast<uintptr_t>(a) | reinterpret_cast<uintptr_t>(b)) % 16 == 0;
}

float share_of(const Pooling& pool) {
  return 1.0f / static_cast<float>(static_cast<int64_t>(pool.size_h) * pool.size_w);
}

template <typename Element>
void max_forward(gramian_context* context, const Pooling& pool, const Element* x, Element* y, uint8_t* tap) {
  const bool four = wide(pool, x, y);
  launch(context->stream, grid("max_pool", pool.n, pool.oh, pool.ow, pool.c, four ? 4 : 1),
      four ? max_pool<4, Element> : max_pool<1, Element>, pool, x, y, tap);
}

template <typename Element>
void max_backward(gramian_context* context, const Pooling& pool, const uint8_t* tap, const Element* dy, Element* dx) {
  const bool four = wide(pool, dy, dx);
  launch(context->stream, grid("max_pool_backward", pool.n, pool.h, pool.w, pool.c, four ? 4 : 1),
      four ? max_pool_backward<4, Element> : max_pool_backward<1, Element>, pool, tap, dy, dx);
}

}  // namespace
}  // namespace gramian

gramian_status gramian_max_pool_forward(gramian_context* context, int64_t n, int64_t h, int64_t w, int64_t c,
    int64_t size, int64_t stride, int64_t padding, const float* x, float* y, uint8_t* tap) {
  using namespace gramian;
  return guarded([&] { max_forward(context, pooling(n, h, w, c, size, size, stride, padding), x, y, tap); });
}

gramian_status gramian_max_pool_forward_bf16(gramian_context* context, int64_t n, int64_t h, int64_t w, int64_t c,
    int64_t size, int64_t stride, int64_t padding, const uint16_t* x, uint16_t* y, uint8_t* tap) {
  using namespace gramian;
  return guarded([&] { max_forward(context, pooling(n, h, w, c, size, size, stride, padding), x, y, tap); });
}

gramian_status gramian_max_pool_backward(gramian_context* context, int64_t n, int64_t h, int64_t w, int64_t c,
    int64_t size, int64_t stride, int64_t padding, const uint8_t* tap, const float* dy, float* dx) {
  using namespace gramian;
  return guarded([&] { max_backward(context, pooling(n, h, w, c, size, size, stride, padding), tap, dy, dx); });
}

gramian_status gramian_max_pool_backward_bf16(gramian_context* context, int64_t n, int64_t h, int64_t w, int64_t c,
    int64_t size, int64_t stride, int64_t padding, const uint8_t* tap, const uint16_t* dy, uint16_t* dx) {
  using namespace gramian;
  return guarded([&] { max_backward(context, pooling(n, h, w, c, size, size, stride, padding), tap, dy, dx); });
}

gramian_status gramian_average_pool_forward(gramian_context* context, int64_t n, int64_t h, int64_t w, int64_t c,
    int64_t size_h, int64_t size_w, int64_t stride, const float* x, float* y) {
  using namespace gramian;
  return guarded([&] {
    const Pooling pool = pooling(n, h, w, c, size_h, size_w, stride, 0);
    const bool four = wide(pool, x, y);
    launch(context->stream, grid("average_pool", n, pool.oh, pool.ow, pool.c, four ? 4 : 1),
        four ? average_pool<4> : average_pool<1>, pool, share_of(pool), x, y);
  });
}

gramian_status gramian_average_pool_backward(gramian_context* context, int64_t n, int64_t h, int64_t w, int64_t c,
    int64_t size_h, int64_t size_w, int64_t stride, const float* dy, float* dx) {
  using namespace gramian;
  return guarded([&] {
    const Pooling pool = pooling(n, h, w, c, size_h, size_w, stride, 0);
    const bool four = wide(pool, dy, dx);
    launch(context->stream, grid("average_pool_backward", n, pool.h, pool.w, pool.c, four ? 4 : 1),
        four ? average_pool_backward<4> : average_pool_backward<1>, pool, share_of(pool), dy, dx);
  });
}
