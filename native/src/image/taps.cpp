// Formulas: gramian/epilogue/taps.h.
#include "gramian/epilogue/taps.h"

#include "image/resample.h"

namespace gramian {

int32_t taps_needed(int32_t input, int32_t output, bool bicubic, bool antialias) {
  return taps::needed({input, output, bicubic, antialias});
}

void fill_taps(int32_t input, bool bicubic, bool antialias, Axis& axis) {
  const taps::Axis of = {input, axis.size, bicubic, antialias};
  for (int32_t i = 0; i < axis.size; ++i) {
    axis.start[i] = taps::fill(of, i, axis.taps, axis.weights + static_cast<int64_t>(i) * axis.taps, 1);
  }
}

}  // namespace gramian
