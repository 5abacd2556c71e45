#include "linalg/sturm.h"

#include "core/vector.h"

namespace gramian {
namespace GRAMIAN_ISA {
namespace {

using Vector = DoubleVector;
typedef int64_t Integers __attribute__((vector_size(kVectorBytes)));
typedef uint64_t Bits __attribute__((vector_size(kVectorBytes)));
constexpr int kLanes = kVectorBytes / sizeof(double);
constexpr int kVectors = 3;  // side by side: their sequences and counts fit in 16 registers
constexpr int kPoints = kVectors * kLanes;
static_assert(kSturmPoints % kPoints == 0, "whole vectors");

// Rows between two scalings of p. Rows shrink it by 2^-120 in pairs at most, and let it grow by 3.
constexpr int64_t kScaled = 8;

constexpr int64_t kExponent = 0x7ff0000000000000;  // bits of a float64
constexpr int64_t kBias = 1023;
constexpr int kMantissa = 52;

struct Sequence {
  Vector now[kVectors], before[kVectors];
  Bits changes[kVectors];
  Integers exponent[kVectors];
};

// The larger of two neighbours becomes 1 to 2.
inline void scale(Vector& now, Vector& before, Integers& exponent) {
  const Integers a = (Integers)now & kExponent;
  const Integers b = (Integers)before & kExponent;
  const Integers larger = a > b ? a : b;
  const Vector factor = (Vector)(2 * (kBias << kMantissa) - larger);
  now *= factor;
  before *= factor;
  exponent += (larger >> kMantissa) - kBias;
}

inline void points(int64_t m, const double* d, const double* squares, const double* x, int64_t* below, double* value,
    int64_t* exponent) {
  Sequence s;
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    s.before[v] = Vector{} + 1.0;
    s.now[v] = d[0] - load(x + v * kLanes);
    s.changes[v] = (Bits)s.now[v] >> 63;
    s.exponent[v] = Integers{};
  }
  for (int64_t k = 1; k < m;) {
    const int64_t end = k + kScaled < m ? k + kScaled : m;
    for (; k < end; ++k) {
      const double dk = d[k];
      const double square = squares[k - 1];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        const Vector next = (dk - load(x + v * kLanes)) * s.now[v] - square * s.before[v];
        s.changes[v] += ((Bits)next ^ (Bits)s.now[v]) >> 63;
        s.before[v] = s.now[v];
        s.now[v] = next;
      }
    }
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) scale(s.now[v], s.before[v], s.exponent[v]);
  }
  for (int v = 0; v < kVectors; ++v) {
    std::memcpy(below + v * kLanes, &s.changes[v], sizeof(Bits));
    store(value + v * kLanes, s.now[v]);
    std::memcpy(exponent + v * kLanes, &s.exponent[v], sizeof(Integers));
  }
}

}  // namespace

void sturm_sequence(int64_t m, const double* d, const double* squares, const double* x, int64_t* below, double* value,
    int64_t* exponent) {
  for (int64_t k = 0; k < kSturmPoints; k += kPoints) {
    points(m, d, squares, x + k, below + k, value + k, exponent + k);
  }
}

}  // namespace GRAMIAN_ISA
}  // namespace gramian
