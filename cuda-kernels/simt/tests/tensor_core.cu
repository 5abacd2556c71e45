// The tensor-core instructions against a plain product, with fragments written down from the PTX manual's tables.
#include <cuda_runtime.h>

#include <vector>

#include "core/launch.h"
#include "simt_tests.h"
#include "tile/ptx.h"

namespace {

namespace tile = gramian::tile;

// a (16,16) row-major bf16, b (8,16): column n of B is row n. The fragment of a comes through ldmatrix.
__global__ void bf16_product(const float* a, const float* b, float* d) {
  tile::SharedMemory memory;
  tile::Shared<uint16_t> staged = memory.take<uint16_t>(16 * 16);
  const int lane = static_cast<int>(threadIdx.x);
  for (int i = lane; i < 256; i += 32) staged[i] = static_cast<uint16_t>(tile::pack_bf16(a[i], 0));
  __syncwarp();
  // matrices in the order of a0..a3: rows 0-7 and 8-15 of the left half, then of the right half
  uint32_t fa[4];
  tile::load_matrix(fa, staged + ((lane / 8 % 2 * 8 + lane % 8) * 16 + lane / 16 * 8));
  const int g = lane / 4;
  const int t = lane % 4;
  uint32_t fb[2] = {tile::pack_bf16(b[g * 16 + 2 * t], b[g * 16 + 2 * t + 1]),
      tile::pack_bf16(b[g * 16 + 2 * t + 8], b[g * 16 + 2 * t + 9])};
  float fd[4] = {0, 0, 0, 0};
  tile::mma_bf16(fd, fa, fb);
  for (int r = 0; r < 4; ++r) d[(g + r / 2 * 8) * 8 + 2 * t + r % 2] = fd[r];
}

// The same with b (16,8) row-major, whose fragment comes through ldmatrix.trans.
__global__ void bf16_transposed(const float* a, const float* b, float* d) {
  tile::SharedMemory memory;
  tile::Shared<uint16_t> staged = memory.take<uint16_t>(4 * 64);
  const int lane = static_cast<int>(threadIdx.x);
  for (int i = lane; i < 128; i += 32) staged[i] = static_cast<uint16_t>(tile::pack_bf16(b[i], 0));
  for (int i = 128 + lane; i < 256; i += 32) staged[i] = 0;
  __syncwarp();
  uint32_t fb[4];
  tile::load_matrix_transposed(fb, staged + lane * 8);
  const int g = lane / 4;
  const int t = lane % 4;
  uint32_t fa[4];
  for (int r = 0; r < 4; ++r) {
    const float* at = a + (g + r % 2 * 8) * 16 + 2 * t + r / 2 * 8;
    fa[r] = tile::pack_bf16(at[0], at[1]);
  }
  const uint32_t pair[2] = {fb[0], fb[1]};
  float fd[4] = {0, 0, 0, 0};
  tile::mma_bf16(fd, fa, pair);
  for (int r = 0; r < 4; ++r) d[(g + r / 2 * 8) * 8 + 2 * t + r % 2] = fd[r];
}

// a (16,8), b (8,8) row-major. Unrounded operands when not rounded: the instruction drops their low bits.
__global__ void tf32_product(const float* a, const float* b, float* d, bool rounded) {
  const int lane = static_cast<int>(threadIdx.x);
  const int g = lane / 4;
  const int t = lane % 4;
  const auto operand = [&](float x) { return rounded ? tile::to_tf32(x) : __float_as_uint(x); };
  const uint32_t fa[4] = {operand(a[g * 8 + t]), operand(a[(g + 8) * 8 + t]), operand(a[g * 8 + t + 4]),
      operand(a[(g + 8) * 8 + t + 4])};
  const uint32_t fb[2] = {operand(b[t * 8 + g]), operand(b[(t + 4) * 8 + g])};
  float fd[4] = {1, 1, 1, 1};
  tile::mma_tf32(fd, fa, fb);
  for (int r = 0; r < 4; ++r) d[(g + r / 2 * 8) * 8 + 2 * t + r % 2] = fd[r];
}

// bits of mantissa kept (7 for bf16, 10 for TF32), nearest or dropped
double rounded(double x, int bits, bool nearest) {
  int exponent;
  const double m = std::ldexp(std::frexp(x, &exponent), bits + 1);
  return std::ldexp(nearest ? std::nearbyint(m) : std::trunc(m), exponent - bits - 1);
}

using simt_tests::expect_close;

int rounding_tests() {
  int failures = 0;
  // 1 + 2^-8 lies between 1 and 1 + 2^-7: even is 1; 1 + 3 2^-8 goes up to 1 + 2^-6
  failures += expect_close("bf16 tie down", tile::pack_bf16(1.00390625f, 0), 0x3f80, 0);
  failures += expect_close("bf16 tie up", tile::pack_bf16(1.01171875f, 0), 0x3f82, 0);
  failures += expect_close("bf16 high half", tile::pack_bf16(0, -2.0f) >> 16, 0xc000, 0);
  failures += expect_close("bf16 overflow", tile::pack_bf16(3.4e38f, 0), 0x7f80, 0);
  failures += expect_close("bf16 NaN", tile::pack_bf16(std::nanf(""), 0), 0x7fff, 0);
  // ties away from zero: 1 + 2^-11 becomes 1 + 2^-10
  failures += expect_close("tf32 tie", tile::to_tf32(1.00048828125f), 0x3f802000, 0);
  failures += expect_close("tf32 infinity", tile::to_tf32(INFINITY), 0x7f800000, 0);
  return failures;
}

}  // namespace

int tensor_core_tests() {
  std::vector<float> a(256), b(256), d(128), transposed(128);
  for (int i = 0; i < 256; ++i) {
    a[i] = std::sin(1.7f * static_cast<float>(i));
    b[i] = std::cos(2.3f * static_cast<float>(i));
  }
  std::vector<float> b_rows(128);  // b transposed: (16,8)
  for (int n = 0; n < 8; ++n) {
    for (int k = 0; k < 16; ++k) b_rows[k * 8 + n] = b[n * 16 + k];
  }
  gramian::launch(nullptr, {"bf16_product", 1, 32, 512}, bf16_product, a.data(), b.data(), d.data());
  gramian::launch(
      nullptr, {"bf16_transposed", 1, 32, 512}, bf16_transposed, a.data(), b_rows.data(), transposed.data());
  int failures = rounding_tests();
  for (int i = 0; i < 128; ++i) {
    double sum = 0;
    for (int k = 0; k < 16; ++k) sum += rounded(a[i / 8 * 16 + k], 7, true) * rounded(b[i % 8 * 16 + k], 7, true);
    failures += expect_close("bf16 element " + std::to_string(i), d[i], sum, 2e-6);
    failures += expect_close("bf16 transposed element " + std::to_string(i), transposed[i], d[i], 0);
  }
  for (const bool nearest : {true, false}) {
    gramian::launch(nullptr, {"tf32_product", 1, 32}, tf32_product, a.data(), b.data(), d.data(), nearest);
    for (int i = 0; i < 128; ++i) {
      double sum = 1;
      for (int k = 0; k < 8; ++k) {
        sum += rounded(a[i / 8 * 8 + k], 10, nearest) * rounded(b[k * 8 + i % 8], 10, nearest);
      }
      failures += expect_close("tf32 element " + std::to_string(i), d[i], sum, 2e-6);
    }
  }
  return failures;
}
