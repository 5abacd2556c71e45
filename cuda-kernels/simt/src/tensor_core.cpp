#include "simt/tensor_core.h"

namespace simt {
namespace {

uint32_t bits_of(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

float float_of(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

float low_bf16(uint32_t pair) { return float_of(pair << 16); }
float high_bf16(uint32_t pair) { return float_of(pair & 0xffff0000u); }

struct Product {
  float* d;
  const uint32_t* a;
  const uint32_t* b;
};

// From the fragments of all lanes to matrices A (16,k), B (k,8), and back.
template <int kDepth, typename Spread>
void multiply(Thread* const lanes[32], Spread spread) {
  float a[16][kDepth];
  float b[kDepth][8];
  for (int l = 0; l < 32; ++l) spread(*static_cast<const Product*>(lanes[l]->payload), l / 4, l % 4, a, b);
  for (int l = 0; l < 32; ++l) {
    float* d = static_cast<Product*>(lanes[l]->payload)->d;
    for (int r = 0; r < 4; ++r) {
      const int row = l / 4 + r / 2 * 8;
      const int column = l % 4 * 2 + r % 2;
      for (int k = 0; k < kDepth; ++k) d[r] += a[row][k] * b[k][column];
    }
  }
}

void complete_bf16(Thread* const lanes[32], unsigned /*mask*/) {
  multiply<16>(lanes, [](const Product& p, int g, int t, float (*a)[16], float (*b)[8]) {
    for (int r = 0; r < 4; ++r) {
      a[g + r % 2 * 8][2 * t + r / 2 * 8] = low_bf16(p.a[r]);
      a[g + r % 2 * 8][2 * t + 1 + r / 2 * 8] = high_bf16(p.a[r]);
    }
    for (int r = 0; r < 2; ++r) {
      b[2 * t + r * 8][g] = low_bf16(p.b[r]);
      b[2 * t + 1 + r * 8][g] = high_bf16(p.b[r]);
    }
  });
}

void complete_tf32(Thread* const lanes[32], unsigned /*mask*/) {
  constexpr uint32_t kept = 0xffffe000u;
  multiply<8>(lanes, [](const Product& p, int g, int t, float (*a)[8], float (*b)[8]) {
    for (int r = 0; r < 4; ++r) a[g + r % 2 * 8][t + r / 2 * 4] = float_of(p.a[r] & kept);
    for (int r = 0; r < 2; ++r) b[t + r * 4][g] = float_of(p.b[r] & kept);
  });
}

struct Matrix {
  uint32_t* result;
  SharedPointer<uint16_t> row;
  bool transpose;
};

void complete_load(Thread* const lanes[32], unsigned /*mask*/) {
  uint16_t rows[32][8];
  for (int l = 0; l < 32; ++l) {
    const Matrix& m = *static_cast<const Matrix*>(lanes[l]->payload);
    std::memcpy(rows[l], m.row.array()->read(*lanes[l], m.row.offset(), 16), 16);
  }
  for (int l = 0; l < 32; ++l) {
    const Matrix& m = *static_cast<const Matrix*>(lanes[l]->payload);
    const int g = l / 4;
    const int t = l % 4;
    for (int i = 0; i < 4; ++i) {
      const uint16_t low = m.transpose ? rows[8 * i + 2 * t][g] : rows[8 * i + g][2 * t];
      const uint16_t high = m.transpose ? rows[8 * i + 2 * t + 1][g] : rows[8 * i + g][2 * t + 1];
      m.result[i] = low | static_cast<uint32_t>(high) << 16;
    }
  }
}

constexpr unsigned kAllLanes = 0xffffffffu;

}  // namespace

uint16_t to_bf16(float x) {
  const uint32_t bits = bits_of(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fff;  // the canonical NaN of cvt
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

float to_tf32(float x) {
  const uint32_t bits = bits_of(x);
  if ((bits & 0x7f800000u) == 0x7f800000u) return x;  // infinities and NaN
  return float_of((bits + 0x1000u) & 0xffffe000u);
}

void mma_bf16(float d[4], const uint32_t a[4], const uint32_t b[2], Site site) {
  Product payload = {d, a, b};
  meet(kAllLanes, "mma", complete_bf16, &payload, site);
}

void mma_tf32(float d[4], const uint32_t a[4], const uint32_t b[2], Site site) {
  Product payload = {d, a, b};
  meet(kAllLanes, "mma", complete_tf32, &payload, site);
}

void load_matrix(uint32_t result[4], SharedPointer<uint16_t> row, bool transpose, Site site) {
  Matrix payload = {result, row, transpose};
  meet(kAllLanes, "ldmatrix", complete_load, &payload, site);
}

}  // namespace simt
