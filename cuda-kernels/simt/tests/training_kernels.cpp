// Optimisers and augmentation through the C ABI, as kernels.cpp does the losses.
#include <cmath>
#include <cstring>
#include <vector>

#include "gramian/image.h"
#include "gramian/optim.h"
#include "image/steps.h"
#include "kernel_calls.h"
#include "simt_tests.h"

namespace {

using simt_tests::Array;
using simt_tests::Context;
using simt_tests::expect_ok;
using simt_tests::fill;

int optimizers() {
  const int64_t sizes[3] = {4097, 0, 33};
  const Array p0(4097), p1(0), p2(33), g0(4097), g1(0), g2(33), m0(4097), m1(0), m2(33), v0(4097), v1(0), v2(33);
  const gramian_output p[3] = {p0.get(), p1.get(), p2.get()};
  const gramian_input g[3] = {g0.get(), g1.get(), g2.get()};
  const gramian_output m[3] = {m0.get(), m1.get(), m2.get()};
  const gramian_output v[3] = {v0.get(), v1.get(), v2.get()};
  fill(p0.get(), 4097, 0);
  fill(p2.get(), 33, 1);
  fill(g0.get(), 4097, 2);
  fill(g2.get(), 33, 3);
  for (const gramian_output* state : {m, v}) {
    for (int t = 0; t < 3; ++t) std::memset(state[t], 0, sizes[t] * sizeof(float));
  }
  const double rates[3] = {0.1, 0.1, 0.1};
  const double decays[3] = {0.01, 0, 0.01};
  const int32_t adapted[3] = {1, 1, 0};
  const Context context(3, GRAMIAN_PRECISION_FLOAT32);
  gramian_context* c = context.get();
  int64_t first = 0;
  double norm = 0;
  const gramian_input all[3] = {p0.get(), p1.get(), p2.get()};
  const int failures = expect_ok("finite", gramian_first_not_finite(c, 3, sizes, all, &first)) +
                       expect_ok("average", gramian_moving_average(c, 3, sizes, v, g, 0.0)) +
                       expect_ok("average", gramian_moving_average(c, 3, sizes, v, all, 0.99)) +
                       (first == -1 ? 0 : 1);
  for (int t = 0; t < 3; ++t) std::memset(v[t], 0, sizes[t] * sizeof(float));
  return failures + expect_ok("sgd", gramian_sgd_step(c, 3, sizes, p, g, m, rates, decays, 0.9, 1)) +
         expect_ok("adam", gramian_adam_step(c, 3, sizes, p, g, m, v, rates, decays, 0.9, 0.999, 1e-8, 1, 1)) +
         expect_ok("lars", gramian_lars_step(c, 3, sizes, p, g, m, rates, decays, adapted, 0.9, 0.02, 0,
                               GRAMIAN_LARS_DECAYED_NORM, 0)) +
         expect_ok("lars", gramian_lars_step(c, 3, sizes, p, g, m, rates, decays, adapted, 0.9, 0.02, 0,
                               GRAMIAN_LARS_CLASSIC, 0)) +
         expect_ok("lamb", gramian_lamb_step(c, 3, sizes, p, g, m, v, rates, decays, adapted, 0.9, 0.999, 1e-6, 2)) +
         expect_ok("clip", gramian_clip_gradients(c, 3, sizes, p, 0.5, &norm)) + (norm > 0.5 ? 0 : 1);
}

// More views than one launch takes, every operation, colours before and behind the crop.
int augmentation_in_bytes(int32_t channels, int32_t height, int32_t width) {
  const int64_t n = 33;
  const Array source(19 * 23 * channels), out(n * height * width * channels);
  uint8_t* pixels = reinterpret_cast<uint8_t*>(source.get());
  for (int64_t i = 0; i < 19 * 23 * channels * 4; ++i) pixels[i] = static_cast<uint8_t>(37 * i);
  std::vector<gramian_view> views(n);
  for (int32_t i = 0; i < n; ++i) {
    views[i] = {pixels, 19, 23, 2, 5, 17, 18 - i % 17, i % 2, 0x4213, 1.2f, 0.7f, 1.4f, 0.1f, i / 30, 1,
        0.1f * i + 0.1f, 0.6f, i % 2, 0};
  }
  const float mean[3] = {0.5f, 0.4f, 0.3f};
  const float std[3] = {0.5f, 1, 2};
  const Context context(width, GRAMIAN_PRECISION_FLOAT32);
  const int failures = expect_ok("augment in bytes", gramian_augment_bytes(context.get(), n, views.data(), channels,
                                                         height, width, channels / 2, mean, std, out.get()));
  double sum = 0;
  for (int64_t i = 0; i < n * height * width * channels; ++i) sum += out.get()[i];
  return failures + (std::isfinite(sum) ? 0 : 1);
}

// Colours before and behind the crop, contrast in both places, blur, no blur; in one kernel and in several: the same
// bits.
int augmentation(int32_t channels, bool source_float, int32_t height, int32_t width) {
  const int64_t pixels = 19 * 23 * channels;
  const int64_t count = 3 * static_cast<int64_t>(height) * width * channels;
  const Array source(pixels), out(count), other(count);
  fill(source.get(), pixels, 0);
  gramian_view views[3] = {};
  for (int i = 0; i < 3; ++i) {
    views[i] = {source.get(), 19, 23, 2, 5, 17, 18, i % 2, i == 2 ? 0x13 : 0x4213, 1.2f, 0.7f, 1.4f, 0.1f, i / 2,
        i == 2 ? 0 : i + 1, 0.8f, 0.6f, i % 2, 0};
  }
  const float mean[3] = {0.5f, 0.4f, 0.3f};
  const float std[3] = {0.5f, 1, 2};
  const Context context(height, GRAMIAN_PRECISION_FLOAT32);
  const int kind = source_float ? 1 : 0;
  int failures = expect_ok("augment", gramian_augment(context.get(), 3, views, channels, kind, height, width, kind,
                                          kind, mean, std, out.get()));
  gramian::image::Batch batch = gramian::image::batch_of(3, height, width, channels, mean, std);
  batch.source_float = batch.bicubic = batch.antialias = source_float;
  failures += gramian::image::fits_shared_memory(batch, channels) ? 0 : 1;
  context.get()->begin();
  gramian::image::augment(context.get(), batch, channels, views, false, other.get());  // planes in device memory
  failures += std::memcmp(out.get(), other.get(), static_cast<size_t>(count) * 4) == 0 ? 0 : 1;
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += out.get()[i];
  return failures + (std::isfinite(sum) ? 0 : 1);
}

}  // namespace

int training_kernel_tests() {
  int failures = optimizers() + augmentation_in_bytes(3, 9, 7) + augmentation_in_bytes(1, 5, 8);
  failures += augmentation(3, false, 9, 33) + augmentation(1, true, 17, 31) + augmentation(3, true, 40, 70) +
              augmentation(1, false, 41, 129);
  return failures;
}
