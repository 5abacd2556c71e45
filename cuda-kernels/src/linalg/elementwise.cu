// Sums and multiples of arrays, a bias for each row, sums of columns. One pass over memory each; sums of columns run in
// float64, as on the CPU.
#include "linalg/elementwise.h"

#include "gramian/bfloat16.h"
#include "gramian/linear_algebra.h"
#include "linalg/column_sums.h"
#include "linalg/row_walk.h"

namespace gramian {
namespace {

struct Add {
  __device__ __forceinline__ float operator()(float x, float y) const { return x + y; }
};

struct Scale {
  float factor;
  __device__ __forceinline__ float operator()(float x, float /*none*/) const { return factor * x; }
};

// y may be x.
template <bool kAligned, typename Element>
__global__ void __launch_bounds__(walk::kThreads)
    add_to_rows(walk::Cut cut, const Element* x, const float* __restrict__ bias, Element* y) {
  const walk::Place at(cut);
  const walk::Four mine = walk::of_columns(bias, at, 0);
  for (int64_t i = at.first; i < at.end; i += at.step) {
    walk::Four value = walk::load<kAligned>(x + i * cut.c + at.column, at.columns);
#pragma unroll
    for (int k = 0; k < 4; ++k) value.at[k] += mine.at[k];
    walk::store<kAligned>(y + i * cut.c + at.column, at.columns, value);
  }
}

struct Sum {
  double value;
  __device__ __forceinline__ Sum merged(const Sum& other) const { return {value + other.value}; }
  __device__ __forceinline__ Sum moved(int away) const { return {__shfl_down_sync(tile::kAllLanes, value, away)}; }
};

template <typename Element>
void launch_add_to_rows(
    gramian_context* context, int64_t rows, int64_t columns, const Element* x, const float* bias, Element* y) {
  const walk::Cut cut = walk::cut(rows, columns);
  launch(context->stream, walk::grid("add_to_rows", cut),
      walk::aligned(columns, x, y) ? add_to_rows<true, Element> : add_to_rows<false, Element>, cut, x, bias, y);
}

template <bool kAligned, typename Element>
__global__ void __launch_bounds__(walk::kThreads)
    column_sums(walk::Cut cut, const Element* __restrict__ x, Sum* __restrict__ partial) {
  tile::SharedMemory memory;
  const auto scratch = memory.take<Sum>(walk::kThreads * 4);
  const walk::Place at(cut);
  Sum sums[4] = {};
#pragma unroll 4
  for (int64_t i = at.first; i < at.end; i += at.step) {
    const walk::Four value = walk::load<kAligned>(x + i * cut.c + at.column, at.columns);
#pragma unroll
    for (int k = 0; k < 4; ++k) sums[k].value += static_cast<double>(value.at[k]);
  }
  walk::store_parts(cut, sums, scratch, partial);
}

__global__ void __launch_bounds__(walk::kThreads)
    finish_column_sums(walk::Cut cut, const Sum* __restrict__ partial, bool add, float* __restrict__ sums) {
  const int64_t column = walk::column_of_warp();
  if (column >= cut.c) return;  // the whole warp
  const Sum all = walk::merge_chunks(cut, partial, column);
  if (threadIdx.x % 32 == 0) sums[column] = (add ? sums[column] : 0.0f) + static_cast<float>(all.value);
}

}  // namespace

template <typename Element>
void add_columns(
    gramian_context* context, int64_t rows, int64_t c, const Element* x, bool to_what_is_there, float* sums) {
  const walk::Cut cut = walk::cut(rows, c);
  Sum* partial = context->scratch<Sum>(cut.chunks * c);
  launch(context->stream, walk::grid("column_sums", cut, walk::kScratchBytes<Sum>),
      walk::aligned(c, x) ? column_sums<true, Element> : column_sums<false, Element>, cut, x, partial);
  launch(context->stream, walk::columns_grid("finish_column_sums", c), finish_column_sums, cut, partial,
      to_what_is_there, sums);
}

template void add_columns<float>(gramian_context*, int64_t, int64_t, const float*, bool, float*);
template void add_columns<uint16_t>(gramian_context*, int64_t, int64_t, const uint16_t*, bool, float*);

}  // namespace gramian

gramian_status gramian_add(gramian_context* context, int64_t count, const float* x, const float* y, float* z) {
  using namespace gramian;
  return guarded([&] { elementwise<2>(context, "add", count, x, y, z, Add()); });
}

gramian_status gramian_scale(gramian_context* context, int64_t count, float factor, const float* x, float* y) {
  using namespace gramian;
  return guarded([&] { elementwise(context, "scale", count, x, y, Scale{factor}); });
}

gramian_status gramian_add_to_rows(
    gramian_context* context, int64_t rows, int64_t columns, const float* x, const float* bias, float* y) {
  using namespace gramian;
  return guarded([&] { launch_add_to_rows(context, rows, columns, x, bias, y); });
}

gramian_status gramian_add_to_rows_bf16(
    gramian_context* context, int64_t rows, int64_t columns, const uint16_t* x, const float* bias, uint16_t* y) {
  using namespace gramian;
  return guarded([&] { launch_add_to_rows(context, rows, columns, x, bias, y); });
}

gramian_status gramian_column_sums(
    gramian_context* context, int64_t rows, int64_t columns, const float* x, float* sums) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    add_columns(context, rows, columns, x, false, sums);
  });
}

gramian_status gramian_column_sums_bf16(
    gramian_context* context, int64_t rows, int64_t columns, const uint16_t* x, float* sums) {
  using namespace gramian;
  return guarded([&] {
    context->begin();
    add_columns(context, rows, columns, x, false, sums);
  });
}
