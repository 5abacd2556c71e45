// One view after the other through the operations of image.h, views shared out over the threads. A view's pixels
// depend on its
// parameters alone, so the schedule may be dynamic. Scratch per thread: a few planes of the largest view, in cache for
// small images.
#include <omp.h>

#include <algorithm>

#include "core/context.h"
#include "core/status.h"
#include "gramian/image.h"
#include "image/blur.h"
#include "image/colour.h"
#include "image/resample.h"

namespace gramian {
namespace {

static_assert(sizeof(gramian_view) == 80, "callers build this structure byte by byte");

struct Settings {
  int32_t channels;
  bool source_float;
  int32_t height;  // of the result
  int32_t width;
  bool bicubic;
  bool antialias;
  const float* mean;
  const float* std;
};

// Floats and table entries that one thread needs for the largest of the views.
struct Need {
  int64_t source = 0;   // planes of a whole source, when colours come first
  int64_t row = 0;      // one row of a crop
  int64_t weights = 0;  // taps of both axes
  int64_t kernel = 0;   // blur

  void cover(const gramian_view& view, const Settings& s) {
    if (view.colour_first) {
      source = std::max(source, static_cast<int64_t>(view.height) * view.width * s.channels);
    }
    row = std::max(row, static_cast<int64_t>(view.crop_width) * s.channels);
    const int64_t y_taps = taps_needed(view.crop_height, s.height, s.bicubic, s.antialias);
    const int64_t x_taps = taps_needed(view.crop_width, s.width, s.bicubic, s.antialias);
    weights = std::max(weights, y_taps * s.height + x_taps * s.width);
    kernel = std::max(kernel, 2 * static_cast<int64_t>(view.blur_radius) + 1);
  }
};

// Scratch of one thread, cut into its parts.
struct Workspace {
  float* planes;   // (channels, height, width) of the result
  float* blurred;  // (height + 1) * width + 2 radius
  float* source;
  float* row;
  float* weights;
  float* kernel;
  int32_t* starts;  // (height + width)

  static int64_t floats(const Settings& s, const Need& need) {
    const int64_t pixels = static_cast<int64_t>(s.height) * s.width;
    return s.channels * pixels + pixels + s.width + need.kernel + need.source + need.row + need.weights + need.kernel;
  }

  Workspace(const Settings& s, const Need& need, float* at, int32_t* table) : starts(table) {
    const int64_t pixels = static_cast<int64_t>(s.height) * s.width;
    planes = at;
    blurred = planes + s.channels * pixels;
    source = blurred + pixels + s.width + need.kernel;
    row = source + need.source;
    weights = row + need.row;
    kernel = weights + need.weights;
  }
};

void jitter_and_grey(const gramian_view& view, int32_t channels, int64_t pixels, float* planes) {
  for (uint32_t order = static_cast<uint32_t>(view.jitter_order); order != 0; order >>= 4) {
    switch (order & 15) {
      case 1:
        GRAMIAN_SIMD(brightness)(channels, pixels, view.brightness, planes);
        break;
      case 2:
        GRAMIAN_SIMD(contrast)(channels, pixels, view.contrast, planes);
        break;
      case 3:
        if (channels == 3) GRAMIAN_SIMD(saturation)(pixels, view.saturation, planes);
        break;
      case 4:
        if (channels == 3) GRAMIAN_SIMD(hue)(pixels, view.hue, planes);
        break;
      default:
        break;
    }
  }
  if (view.grey && channels == 3) GRAMIAN_SIMD(grey)(pixels, planes);
}

void crop(const gramian_view& view, const Settings& s, const Workspace& work) {
  Axis y{work.starts, work.weights, taps_needed(view.crop_height, s.height, s.bicubic, s.antialias), s.height};
  Axis x{work.starts + s.height, work.weights + static_cast<int64_t>(y.taps) * s.height,
      taps_needed(view.crop_width, s.width, s.bicubic, s.antialias), s.width};
  fill_taps(view.crop_height, s.bicubic, s.antialias, y);
  fill_taps(view.crop_width, s.bicubic, s.antialias, x);
  // Keys' kernel overshoots; values of a uint8 image stay in their range
  const bool clamp = s.bicubic && !s.source_float;
  const int64_t first = static_cast<int64_t>(view.top) * view.width + view.left;
  if (view.colour_first) {
    const int64_t pixels = static_cast<int64_t>(view.height) * view.width;
    for (int32_t c = 0; c < s.channels; ++c) {
      const Source plane{work.source + c * pixels + first, view.width, view.crop_width, 1, true};
      float* out = work.planes + c * static_cast<int64_t>(s.height) * s.width;
      GRAMIAN_SIMD(resample)(plane, y, x, view.flip != 0, clamp, work.row, out);
    }
    return;
  }
  const int64_t offset = first * s.channels * (s.source_float ? 4 : 1);
  const Source source{static_cast<const char*>(view.pixels) + offset, static_cast<int64_t>(view.width) * s.channels,
      view.crop_width, s.channels, s.source_float};
  GRAMIAN_SIMD(resample)(source, y, x, view.flip != 0, clamp, work.row, work.planes);
}

void augment(const gramian_view& view, const Settings& s, const Workspace& work, float* out) {
  const int64_t pixels = static_cast<int64_t>(s.height) * s.width;
  if (view.colour_first) {
    const int64_t source_pixels = static_cast<int64_t>(view.height) * view.width;
    GRAMIAN_SIMD(to_planes)(view.pixels, s.source_float, s.channels, source_pixels, work.source);
    jitter_and_grey(view, s.channels, source_pixels, work.source);
    crop(view, s, work);
  } else {
    crop(view, s, work);
    jitter_and_grey(view, s.channels, pixels, work.planes);
  }
  if (view.blur_radius > 0) {
    gaussian_kernel(view.blur_radius, view.blur_sigma, work.kernel);
    for (int32_t c = 0; c < s.channels; ++c) {
      GRAMIAN_SIMD(blur)(s.height, s.width, view.blur_radius, work.kernel, work.blurred, work.planes + c * pixels);
    }
  }
  if (view.solarize <= 1) GRAMIAN_SIMD(solarize)(s.channels * pixels, view.solarize, work.planes);
  GRAMIAN_SIMD(normalise)(s.channels, pixels, work.planes, s.mean, s.std, out);
}

}  // namespace
}  // namespace gramian

gramian_status gramian_augment(gramian_context* context, int64_t n, const gramian_view* views, int32_t channels,
    int32_t source_float, int32_t out_height, int32_t out_width, int32_t bicubic, int32_t antialias, const float* mean,
    const float* std, float* out) {
  return gramian::guarded([&] {
    const gramian::Settings settings{
        channels, source_float != 0, out_height, out_width, bicubic != 0, antialias != 0, mean, std};
    gramian::Need need;
    for (int64_t i = 0; i < n; ++i) need.cover(views[i], settings);
    // rounded to a cache line, so that no two threads write to the same one
    const int64_t floats = (gramian::Workspace::floats(settings, need) + 15) / 16 * 16;
    const int64_t starts = (static_cast<int64_t>(out_height) + out_width + 15) / 16 * 16;
    const int threads = static_cast<int>(std::max<int64_t>(1, std::min<int64_t>(context->threads, n)));
    context->begin();
    float* scratch = context->scratch<float>(floats * threads);
    int32_t* tables = context->scratch<int32_t>(starts * threads);
    const int64_t image = static_cast<int64_t>(out_height) * out_width * channels;
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (int64_t i = 0; i < n; ++i) {
      const int thread = omp_get_thread_num();
      const gramian::Workspace work(settings, need, scratch + thread * floats, tables + thread * starts);
      gramian::augment(views[i], settings, work, out + i * image);
    }
  });
}
