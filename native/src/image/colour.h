// Colour operations on planes (channels, pixels) with values in [0, 1], in place.
#pragma once

#include "core/simd.h"

// x = clamp(factor x)
GRAMIAN_SIMD_DECLARE(void, brightness, (int32_t channels, int64_t pixels, float factor, float* planes))
// x = clamp(factor x + (1 - factor) mean of the grey image)
GRAMIAN_SIMD_DECLARE(void, contrast, (int32_t channels, int64_t pixels, float factor, float* planes))
// x = clamp(factor x + (1 - factor) grey), three channels
GRAMIAN_SIMD_DECLARE(void, saturation, (int64_t pixels, float factor, float* planes))
// hue angle + turns, three channels
GRAMIAN_SIMD_DECLARE(void, hue, (int64_t pixels, float turns, float* planes))
// r = g = b = grey, three channels
GRAMIAN_SIMD_DECLARE(void, grey, (int64_t pixels, float* planes))
// x = x < threshold ? x : 1 - x
GRAMIAN_SIMD_DECLARE(void, solarize, (int64_t count, float threshold, float* planes))
// planes (channels, pixels) = source (pixels, channels), uint8 scaled by 1/255 or float32
GRAMIAN_SIMD_DECLARE(void, to_planes,
    (const void* source, bool is_float, int32_t channels, int64_t pixels, float* planes))
// out (pixels, channels) = (planes (channels, pixels) - mean) / std
GRAMIAN_SIMD_DECLARE(void, normalise,
    (int32_t channels, int64_t pixels, const float* planes, const float* mean, const float* std, float* out))
