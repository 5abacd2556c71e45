// The widest vectors of an instruction set, for *.simd.cpp files: in an anonymous namespace, so that each compilation
// keeps its own.
#pragma once

#include <cstring>

namespace gramian {
namespace GRAMIAN_ISA {
namespace {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

typedef float FloatVector __attribute__((vector_size(kVectorBytes)));
typedef double DoubleVector __attribute__((vector_size(kVectorBytes)));

inline __attribute__((unused)) FloatVector load(const float* p) {
  FloatVector v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

inline __attribute__((unused)) DoubleVector load(const double* p) {
  DoubleVector v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

inline __attribute__((unused)) void store(float* p, FloatVector v) { std::memcpy(p, &v, sizeof v); }
inline __attribute__((unused)) void store(double* p, DoubleVector v) { std::memcpy(p, &v, sizeof v); }

}  // namespace
}  // namespace GRAMIAN_ISA
}  // namespace gramian
