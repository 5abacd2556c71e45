// What the gradients of gamma and beta are made of, in batch and in layer normalisation: a part of linalg/row_walk.h.
#pragma once

#include "linalg/row_walk.h"

namespace gramian {

struct GradientSums {
  double plain, along;  // of g and g xhat

  __device__ __forceinline__ GradientSums merged(const GradientSums& other) const {
    return {plain + other.plain, along + other.along};
  }
  __device__ __forceinline__ GradientSums moved(int away) const {
    return {__shfl_down_sync(tile::kAllLanes, plain, away), __shfl_down_sync(tile::kAllLanes, along, away)};
  }
};

}  // namespace gramian
