#include "gram/square_gram.h"

#include "gram/weigh.h"
#include "tile/reduce.h"

namespace gramian {
namespace {

// Float32 over the entries that a lane has in a tile, float64 over tiles.
struct SquareStatistic {
  using Sum = double;
  static constexpr float kOut = 0;

  __device__ __forceinline__ static Sum start() { return 0; }
  template <int kCount>
  __device__ __forceinline__ static void add(Sum& row, const float (&s)[kCount], const int (&)[kCount]) {
    float sum = 0;
#pragma unroll
    for (int k = 0; k < kCount; ++k) sum += s[k] * s[k];
    row += static_cast<double>(sum);
  }
  __device__ __forceinline__ static Sum merge(Sum a, Sum b) { return a + b; }
  __device__ __forceinline__ static Sum moved(Sum row, int lanes) {
    return __shfl_xor_sync(tile::kAllLanes, row, lanes);
  }
};

struct LinearWeight {
  Pairs pairs;
  using Row = int;  // its image
  __device__ __forceinline__ Row row(int i) const { return pairs.image_of_row(i); }
  __device__ __forceinline__ float operator()(Row image, float s, int, int j) const {
    return pairs.image_of_column(j) == image ? 0.0f : s;
  }
};

}  // namespace

template <typename Mode>
RowSums<double> square_sums_of(gramian_context* context, const char* name, const Operand<Mode>& x,
    const Operand<Mode>& y, const Pairs& pairs) {
  return row_sums_of(context, name, x, y, pairs, SquareStatistic());
}

template <typename Mode>
WeightedRows products_with_rows_of(gramian_context* context, const char* name, const Operand<Mode>& x,
    const Operand<Mode>& y, const Pairs& pairs) {
  return weigh(context, name, x, y, LinearWeight{pairs});
}

#define GRAMIAN_SQUARE_GRAM(Mode)                                                                                \
  template RowSums<double> square_sums_of<Mode>(                                                                 \
      gramian_context*, const char*, const Operand<Mode>&, const Operand<Mode>&, const Pairs&);                  \
  template WeightedRows products_with_rows_of<Mode>(                                                             \
      gramian_context*, const char*, const Operand<Mode>&, const Operand<Mode>&, const Pairs&);
GRAMIAN_SQUARE_GRAM(tile::Float32)
GRAMIAN_SQUARE_GRAM(tile::Tf32)
GRAMIAN_SQUARE_GRAM(tile::Bfloat16)

}  // namespace gramian
