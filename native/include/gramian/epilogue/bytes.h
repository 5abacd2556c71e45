// Pixel arithmetic on bytes: what Pillow does to 8-bit images, operation by operation, so that views are those of
// torchvision's transforms on Pillow images (the pipelines of the papers), to the last bit.
//   grey      (19595 r + 38470 g + 7471 b + 2^15) >> 16: ITU-R 601 luma with 16 fractional bits
//   blend     from + factor (to - from) in float32, cut to bytes towards zero
//   hue       RGB to HSV in bytes, the hue byte moved with wrap-around, back to RGB
//   resample  separable, columns first, each pass rounded to bytes; weights with 22 fractional bits
//   blur      three box filters of fractional radius in each direction, each rounded to bytes (Gwosdek et al. 2011,
//             "Theoretical foundations of Gaussian convolution by extended box filtering", equations 7, 11 and 14)
#pragma once

#include <cmath>
#include <cstdint>

#include "gramian/host_device.h"

namespace gramian {
namespace bytes {

GRAMIAN_HOST_DEVICE uint8_t clip(int32_t x) { return static_cast<uint8_t>(x < 0 ? 0 : x > 255 ? 255 : x); }

GRAMIAN_HOST_DEVICE uint8_t grey(const uint8_t* rgb) {
  return static_cast<uint8_t>((19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 0x8000) >> 16);
}

// a b rounded to float32 before anything is added to it: a fused multiply-add would cut to another byte.
GRAMIAN_HOST_DEVICE float rounded_product(float a, float b) {
#if defined(__CUDA_ARCH__)
  return __fmul_rn(a, b);
#else
  return a * b;
#endif
}

GRAMIAN_HOST_DEVICE uint8_t blend(uint8_t from, uint8_t to, float factor) {
  const float mixed = from + rounded_product(factor, static_cast<float>(to - from));
  return mixed <= 0 ? 0 : mixed >= 255 ? 255 : static_cast<uint8_t>(mixed);
}

// Steps of 1/255 turn, cut towards zero as a cast to a byte does.
GRAMIAN_HOST_DEVICE int32_t hue_steps(float turns) { return static_cast<int32_t>(turns * 255.0); }

// Saturation and value are those of the pixel; of the hue, in (1, 2], only the fractional part counts.
GRAMIAN_HOST_DEVICE uint8_t hue_of(const uint8_t* rgb, int32_t high, int32_t low) {
  const float chroma = static_cast<float>(high - low);
  const float r = static_cast<float>(high - rgb[0]) / chroma;
  const float g = static_cast<float>(high - rgb[1]) / chroma;
  const float b = static_cast<float>(high - rgb[2]) / chroma;
  const float sector = rgb[0] == high ? b - g
      : rgb[1] == high                ? static_cast<float>(2.0 + r - b)
                                      : static_cast<float>(4.0 + g - r);
  const double turns = sector / 6.0 + 1.0;  // the sector is above -1
  return clip(static_cast<int32_t>(static_cast<float>(turns - std::floor(turns)) * 255.0));
}

// Half away from zero; the argument is not negative.
GRAMIAN_HOST_DEVICE uint8_t rounded(double x) { return clip(static_cast<int32_t>(std::floor(x + 0.5))); }

GRAMIAN_HOST_DEVICE void turn_hue(uint8_t* rgb, int32_t steps) {
  const int32_t high = rgb[0] > rgb[1] ? (rgb[0] > rgb[2] ? rgb[0] : rgb[2]) : (rgb[1] > rgb[2] ? rgb[1] : rgb[2]);
  const int32_t low = rgb[0] < rgb[1] ? (rgb[0] < rgb[2] ? rgb[0] : rgb[2]) : (rgb[1] < rgb[2] ? rgb[1] : rgb[2]);
  if (high == low) return;  // a grey pixel has no hue
  const float share = static_cast<float>(high - low) / static_cast<float>(high);
  const uint8_t saturation = clip(static_cast<int32_t>(share * 255.0));
  const uint8_t hue = static_cast<uint8_t>(hue_of(rgb, high, low) + steps);  // modulo 256
  const uint8_t value = static_cast<uint8_t>(high);
  if (saturation == 0) {
    rgb[0] = rgb[1] = rgb[2] = value;
    return;
  }
  const double sixths = hue * 6.0 / 255.0;
  const int32_t sector = static_cast<int32_t>(sixths);
  const float rest = static_cast<float>(sixths - sector);
  const float depth = static_cast<float>(saturation / 255.0);
  const uint8_t p = rounded(value * (1.0 - depth));
  const uint8_t q = rounded(value * (1.0 - static_cast<double>(rounded_product(depth, rest))));
  const uint8_t t = rounded(value * (1.0 - depth * (1.0 - rest)));
  const int32_t turn = sector % 6;
  rgb[0] = turn == 0 || turn == 5 ? value : turn == 1 ? q : turn == 4 ? t : p;
  rgb[1] = turn == 1 || turn == 2 ? value : turn == 0 ? t : turn == 3 ? q : p;
  rgb[2] = turn == 3 || turn == 4 ? value : turn == 2 ? t : turn == 5 ? q : p;
}

// Fractional bits of the weights of a resampling pass: 8 of the pixel, 2 for overshoot and sign, 22 are left.
constexpr int32_t kWeightBits = 22;

GRAMIAN_HOST_DEVICE int32_t fixed_weight(double weight) {
  return static_cast<int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << kWeightBits));
}

// A sum of pixel * fixed_weight, begun with this, as a byte.
constexpr int32_t kHalf = 1 << (kWeightBits - 1);
GRAMIAN_HOST_DEVICE uint8_t from_fixed(int32_t sum) { return clip(sum >> kWeightBits); }

// A box filter of fractional radius: 2 radius + 1 whole pixels, and a share of one more at each end.
struct Box {
  int32_t radius;
  uint32_t inner;  // weight of a whole pixel, 24 fractional bits
  uint32_t outer;  // weight of the pixels at both ends
};

constexpr int32_t kBoxPasses = 3;

// The box that, applied three times, has the variance of a Gaussian of this deviation.
GRAMIAN_HOST_DEVICE Box box_of(float sigma) {
  const float variance = sigma * sigma / kBoxPasses;
  const float length = static_cast<float>(std::sqrt(12.0 * variance + 1.0));
  const float whole = static_cast<float>(std::floor((length - 1.0) / 2.0));
  float part = (2 * whole + 1) * (whole * (whole + 1) - rounded_product(3, variance));
  part /= 6 * (variance - (whole + 1) * (whole + 1));
  const float radius = whole + part;
  const int32_t pixels = static_cast<int32_t>(radius);
  const uint32_t inner = static_cast<uint32_t>(static_cast<float>(1 << 24) / (radius * 2 + 1));
  return {pixels, inner, ((1u << 24) - static_cast<uint32_t>(pixels * 2 + 1) * inner) / 2};
}

// From the sum of the whole pixels and that of both ends; 32 bits suffice, because the weights sum to 2^24.
GRAMIAN_HOST_DEVICE uint8_t boxed(const Box& box, uint32_t whole, uint32_t ends) {
  return static_cast<uint8_t>((whole * box.inner + ends * box.outer + (1u << 23)) >> 24);
}

}  // namespace bytes
}  // namespace gramian
