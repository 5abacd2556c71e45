// Image augmentation: from uint8 or float32 images of any size to a float32 batch, one fused pass per view.
//
// Order of the operations on a view (values in [0, 1], channels red, green, blue or only grey):
//   crop and resize, flip, colour jitter, grey, Gaussian blur, solarize, normalise          (colour_first = 0)
//   colour jitter, grey, crop and resize, flip, Gaussian blur, solarize, normalise          (colour_first = 1)
// Nothing is random here: the caller draws the parameters, so that every device makes the same image from them.
#ifndef GRAMIAN_IMAGE_H
#define GRAMIAN_IMAGE_H

#include "gramian/system.h"

GRAMIAN_EXTERN_C_BEGIN

// What is done to one image: 80 bytes, in this order.
typedef struct gramian_view {
  const void* pixels;    // height x width x channels, row-major, channels innermost
  int32_t height;        // of the source
  int32_t width;
  int32_t top;           // crop: rows [top, top + crop_height), columns [left, left + crop_width)
  int32_t left;
  int32_t crop_height;
  int32_t crop_width;
  int32_t flip;          // 1: left and right exchanged
  // hexadecimal digits, first operation lowest, each at most once: 1 brightness, 2 contrast, 3 saturation, 4 hue; 0
  // ends
  int32_t jitter_order;
  float brightness;      // factors as in torchvision; 1 changes nothing
  float contrast;
  float saturation;
  float hue;             // turns of the colour circle, -0.5 to 0.5
  int32_t grey;          // 1: luma in all three channels
  int32_t blur_radius;   // the kernel has 2 radius + 1 taps; 0: no blur
  float blur_sigma;      // pixels of the result
  float solarize;        // values at or above are inverted; above 1: nothing is
  int32_t colour_first;
  int32_t reserved;      // 0
} gramian_view;

/**
 * out (n, out_height, out_width, channels) = (augmented view - mean) / std.
 * channels: 1 or 3. source_float: 0 for uint8 (divided by 255, and clamped after resizing), 1 for float32 (as it is).
 * bicubic: 0 bilinear, 1 bicubic. antialias: 1 widens the filter when shrinking. mean, std (channels).
 * views, mean and std are arrays of the host on every device; pixels and out are memory of the device.
 */
GRAMIAN_EXPORT gramian_status gramian_augment(gramian_context* context, int64_t n, const gramian_view* views,
    int32_t channels, int32_t source_float, int32_t out_height, int32_t out_width, int32_t bicubic, int32_t antialias,
    const float* mean, const float* std, float* out);

/**
 * The same operations on uint8 images as Pillow and torchvision do them there, bit for bit: every operation rounds to
 * bytes, resizing is antialiased, a blur is three box filters of fractional radius (blur_radius above 0 means that
 * there is one; the width follows from blur_sigma). out (n, out_height, out_width, channels) = (byte / 255 - mean) /
 * std. views, mean and std are arrays of the host on every device; pixels and out are memory of the device.
 */
GRAMIAN_EXPORT gramian_status gramian_augment_bytes(gramian_context* context, int64_t n, const gramian_view* views,
    int32_t channels, int32_t out_height, int32_t out_width, int32_t bicubic, const float* mean, const float* std,
    float* out);

GRAMIAN_EXTERN_C_END

#endif
