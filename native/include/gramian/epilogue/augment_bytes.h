// One view through all operations of image.h, in the arithmetic of bytes.h. A team does it: one thread on the CPU, a
// block on CUDA.
//   team.each(count, f)          f(i) for i below count, in any order; then everybody sees what was written
//   team.grid(rows, columns, f)  f(i, j) likewise
//   team.total(count, f)         sum of the integers f(i), known to everybody
// Two buffers take turns as the image, channels innermost.
#pragma once

#include "gramian/epilogue/bytes.h"
#include "gramian/image.h"

namespace gramian {
namespace bytes {

// What all views of a call share.
struct Frame {
  int32_t channels;
  int32_t height;  // of the result
  int32_t width;
  bool bicubic;
  float mean[3];
  float std[3];

  static Frame of(
      int32_t channels, int32_t height, int32_t width, bool bicubic, const float* mean, const float* std) {
    Frame frame = {channels, height, width, bicubic, {}, {}};
    for (int32_t c = 0; c < channels; ++c) {
      frame.mean[c] = mean[c];
      frame.std[c] = std[c];
    }
    return frame;
  }
  GRAMIAN_METHOD int64_t size() const { return static_cast<int64_t>(height) * width * channels; }
};

// Weights of one axis, computed in float64: output i = sum_t weight[i * most + t] * input[start[i] + t], t < count[i].
struct Taps {
  int32_t* start;
  int32_t* count;
  int32_t* weight;
  int32_t most;
};

// The filter spans support * max(input / output, 1) pixels to each side, both ends rounded to the nearest pixel.
GRAMIAN_HOST_DEVICE int32_t most_taps(int32_t input, int32_t output, bool bicubic) {
  const double scale = static_cast<double>(input) / output;
  return static_cast<int32_t>(std::ceil((bicubic ? 2.0 : 1.0) * (scale < 1 ? 1 : scale))) * 2 + 1;
}

// Triangle, or Keys' cubic kernel with a = -0.5.
GRAMIAN_HOST_DEVICE double filter(double x, bool bicubic) {
  x = x < 0 ? -x : x;
  if (!bicubic) return x < 1 ? 1 - x : 0;
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0;
}

GRAMIAN_HOST_DEVICE void fill(const Taps& taps, int64_t i, int32_t input, int32_t output, bool bicubic) {
  const double scale = static_cast<double>(input) / output;
  const double stretch = scale < 1 ? 1 : scale;
  const double support = (bicubic ? 2.0 : 1.0) * stretch;
  const double centre = (static_cast<double>(i) + 0.5) * scale;
  const int32_t from = static_cast<int32_t>(centre - support + 0.5);
  const int32_t to = static_cast<int32_t>(centre + support + 0.5);
  const int32_t first = from < 0 ? 0 : from;
  const int32_t count = (to > input ? input : to) - first;
  double sum = 0;
  for (int32_t t = 0; t < count; ++t) sum += filter((t + first - centre + 0.5) / stretch, bicubic);
  for (int32_t t = 0; t < count; ++t) {
    const double weight = filter((t + first - centre + 0.5) / stretch, bicubic);
    taps.weight[i * taps.most + t] = fixed_weight(sum == 0 ? weight : weight / sum);
  }
  taps.start[i] = first;
  taps.count[i] = count;
}

// Memory of one view.
struct Buffers {
  uint8_t* source;   // a copy of the image, when colours come first
  uint8_t* columns;  // (crop_height, width): columns resampled, rows not yet
  uint8_t* image;    // (height, width)
  uint8_t* other;    // (height, width)
  Taps y, x;
};

// The most that a view of a call takes, in memory that is cut alike for all of them.
struct Need {
  int64_t source = 0;
  int64_t columns = 0;
  int32_t y_taps = 0;
  int32_t x_taps = 0;

  static GRAMIAN_METHOD int64_t lines(int64_t size) { return (size + 63) / 64 * 64; }  // whole cache lines
  static GRAMIAN_METHOD int64_t more(int64_t a, int64_t b) { return a > b ? a : b; }

  GRAMIAN_METHOD void cover(const gramian_view& view, const Frame& f) {
    const int64_t whole = static_cast<int64_t>(view.height) * view.width * f.channels;
    source = more(source, view.colour_first != 0 ? lines(whole) : 0);
    columns = more(columns, lines(static_cast<int64_t>(view.crop_height) * f.width * f.channels));
    y_taps = static_cast<int32_t>(more(y_taps, most_taps(view.crop_height, f.height, f.bicubic)));
    x_taps = static_cast<int32_t>(more(x_taps, most_taps(view.crop_width, f.width, f.bicubic)));
  }
  GRAMIAN_METHOD int64_t image_bytes(const Frame& f) const { return source + columns + 2 * lines(f.size()); }
  GRAMIAN_METHOD int64_t table_entries(const Frame& f) const {
    return lines(static_cast<int64_t>(f.height) * (y_taps + 2) + static_cast<int64_t>(f.width) * (x_taps + 2));
  }
  GRAMIAN_METHOD Buffers cut(const Frame& f, uint8_t* images, int32_t* tables) const {
    uint8_t* const image = images + source + columns;
    int32_t* const y = tables;
    int32_t* const x = tables + static_cast<int64_t>(f.height) * (y_taps + 2);
    return {images, images + source, image, image + lines(f.size()),
        {y, y + f.height, y + 2 * static_cast<int64_t>(f.height), y_taps},
        {x, x + f.width, x + 2 * static_cast<int64_t>(f.width), x_taps}};
  }
};

template <typename Team>
GRAMIAN_HOST_DEVICE void contrast(const Team& team, int32_t channels, int64_t pixels, float factor, uint8_t* image) {
  const int64_t sum = team.total(pixels, [=](int64_t i) -> int64_t {
    return channels == 3 ? grey(image + 3 * i) : image[i];
  });
  const uint8_t mean = static_cast<uint8_t>(static_cast<double>(sum) / static_cast<double>(pixels) + 0.5);
  team.each(channels * pixels, [=](int64_t i) { image[i] = blend(mean, image[i], factor); });
}

template <typename Team>
GRAMIAN_HOST_DEVICE void colours(
    const Team& team, const gramian_view& view, int32_t channels, int64_t pixels, uint8_t* image) {
  for (uint32_t order = static_cast<uint32_t>(view.jitter_order); order != 0; order >>= 4) {
    const float saturation = view.saturation;
    const float brightness = view.brightness;
    const int32_t steps = hue_steps(view.hue);
    if ((order & 15) == 1) {
      team.each(channels * pixels, [=](int64_t i) { image[i] = blend(0, image[i], brightness); });
    } else if ((order & 15) == 2) {
      contrast(team, channels, pixels, view.contrast, image);
    } else if ((order & 15) == 3 && channels == 3) {
      team.each(pixels, [=](int64_t i) {
        const uint8_t luma = grey(image + 3 * i);
        for (int c = 0; c < 3; ++c) image[3 * i + c] = blend(luma, image[3 * i + c], saturation);
      });
    } else if ((order & 15) == 4 && channels == 3) {
      team.each(pixels, [=](int64_t i) { turn_hue(image + 3 * i, steps); });
    }
  }
  if (view.grey != 0 && channels == 3) {
    team.each(pixels, [=](int64_t i) { image[3 * i] = image[3 * i + 1] = image[3 * i + 2] = grey(image + 3 * i); });
  }
}

// image (height, width) = the crop of source resampled, columns reversed when the view is flipped.
template <typename Team>
GRAMIAN_HOST_DEVICE void crop(
    const Team& team, const gramian_view& view, const Frame& f, const uint8_t* source, const Buffers& b) {
  team.each(f.height, [=](int64_t i) { fill(b.y, i, view.crop_height, f.height, f.bicubic); });
  team.each(f.width, [=](int64_t i) { fill(b.x, i, view.crop_width, f.width, f.bicubic); });
  const int64_t line = static_cast<int64_t>(f.width) * f.channels;
  team.grid(view.crop_height, f.width, [=](int64_t y, int64_t x) {
    const int64_t first = (view.top + y) * view.width + view.left + b.x.start[x];
    const int64_t to = y * line + (view.flip != 0 ? f.width - 1 - x : x) * f.channels;
    for (int32_t c = 0; c < f.channels; ++c) {
      const uint8_t* in = source + first * f.channels + c;
      int32_t sum = kHalf;
      for (int32_t t = 0; t < b.x.count[x]; ++t) {
        sum += in[static_cast<int64_t>(t) * f.channels] * b.x.weight[x * b.x.most + t];
      }
      b.columns[to + c] = from_fixed(sum);
    }
  });
  team.grid(f.height, line, [=](int64_t y, int64_t k) {
    const uint8_t* in = b.columns + b.y.start[y] * line + k;
    int32_t sum = kHalf;
    for (int32_t t = 0; t < b.y.count[y]; ++t) sum += in[t * line] * b.y.weight[y * b.y.most + t];
    b.image[y * line + k] = from_fixed(sum);
  });
}

// One box pass along a line of count pixels, step apart; the pixels at the ends continue beyond.
GRAMIAN_HOST_DEVICE void box_line(const Box& box, int64_t count, int64_t step, const uint8_t* in, uint8_t* out) {
  const int64_t last = count - 1;
  uint32_t whole = in[0] * static_cast<uint32_t>(box.radius + 1);  // the window around the pixel before the first
  for (int64_t x = 0; x < box.radius; ++x) whole += in[(x < last ? x : last) * step];
  for (int64_t x = 0; x < count; ++x) {
    const int64_t right = x + box.radius;
    const int64_t left = x - box.radius - 1;
    const uint32_t leaving = in[(left > 0 ? left : 0) * step];
    whole += in[(right < last ? right : last) * step] - leaving;
    const uint32_t ends = leaving + in[(right + 1 < last ? right + 1 : last) * step];
    out[x * step] = boxed(box, whole, ends);
  }
}

template <typename Team>
GRAMIAN_HOST_DEVICE void blur(const Team& team, float sigma, const Frame& f, const Buffers& b) {
  const Box box = box_of(sigma);
  const int64_t line = static_cast<int64_t>(f.width) * f.channels;
  uint8_t* in = b.image;
  uint8_t* out = b.other;
  for (int pass = 0; pass < 2 * kBoxPasses; ++pass) {  // an even number: the last one writes to the image
    if (pass < kBoxPasses) {
      team.each(static_cast<int64_t>(f.height) * f.channels, [=](int64_t i) {
        const int64_t first = i / f.channels * line + i % f.channels;
        box_line(box, f.width, f.channels, in + first, out + first);
      });
    } else {
      team.each(line, [=](int64_t i) { box_line(box, f.height, line, in + i, out + i); });
    }
    uint8_t* const written = out;
    out = in;
    in = written;
  }
}

// out (height, width, channels) = (byte / 255 - mean) / std; bytes from the threshold on are inverted first.
template <typename Team>
GRAMIAN_HOST_DEVICE void finish(const Team& team, const gramian_view& view, const Frame& f, const uint8_t* image,
    float* out) {
  // thresholds are given as shares of 255 in float32: 128 / 255 means 128
  const double threshold = view.solarize * 255.0 - 1e-3;
  team.grid(static_cast<int64_t>(f.height) * f.width, f.channels, [=](int64_t pixel, int64_t c) {
    const int64_t i = pixel * f.channels + c;
    const int32_t byte = image[i] >= threshold ? 255 - image[i] : image[i];
    // chosen, not indexed: an array that is indexed would not stay in registers
    const float mean = c == 0 ? f.mean[0] : c == 1 ? f.mean[1] : f.mean[2];
    const float std = c == 0 ? f.std[0] : c == 1 ? f.std[1] : f.std[2];
    out[i] = (static_cast<float>(byte) / 255.0f - mean) / std;
  });
}

template <typename Team>
GRAMIAN_HOST_DEVICE void augment(
    const Team& team, const gramian_view& view, const Frame& f, const Buffers& b, float* out) {
  const uint8_t* source = static_cast<const uint8_t*>(view.pixels);
  if (view.colour_first != 0) {
    const int64_t pixels = static_cast<int64_t>(view.height) * view.width;
    uint8_t* const copy = b.source;
    team.each(pixels * f.channels, [=](int64_t i) { copy[i] = source[i]; });
    colours(team, view, f.channels, pixels, copy);
    crop(team, view, f, copy, b);
  } else {
    crop(team, view, f, source, b);
    colours(team, view, f.channels, static_cast<int64_t>(f.height) * f.width, b.image);
  }
  if (view.blur_radius > 0) blur(team, view.blur_sigma, f, b);
  finish(team, view, f, b.image, out);
}

}  // namespace bytes
}  // namespace gramian
